using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>Accounts and their sessions, projects with members and keys, and the audit log.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0001_accounts_projects_keys")]
internal sealed class M0001AccountsProjectsKeys : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE users (
            id               uuid PRIMARY KEY,
            email            text NOT NULL,
            email_normalized text NOT NULL UNIQUE,
            name             text,
            password_hash    text,
            created_at       timestamptz NOT NULL
        );

        CREATE TABLE sessions (
            id             uuid PRIMARY KEY,
            user_id        uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            created_at     timestamptz NOT NULL,
            expires_at     timestamptz NOT NULL,
            revoked_at     timestamptz,
            revoked_reason text,
            announced_at   timestamptz
        );
        CREATE INDEX sessions_user ON sessions (user_id);
        CREATE INDEX sessions_expiry ON sessions (expires_at);
        -- What the sweeper looks for every few seconds; nearly always empty.
        CREATE INDEX sessions_unannounced ON sessions (revoked_at)
            WHERE revoked_at IS NOT NULL AND announced_at IS NULL;

        CREATE TABLE refresh_tokens (
            hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
            session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at    timestamptz
        );
        CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

        CREATE TABLE projects (
            id          uuid PRIMARY KEY,
            name        text NOT NULL,
            description text,
            time_zone   text NOT NULL,
            created_at  timestamptz NOT NULL,
            deleted_at  timestamptz
        );

        CREATE TABLE members (
            project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
            user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            role       text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
            created_at timestamptz NOT NULL,
            PRIMARY KEY (project_id, user_id)
        );
        CREATE INDEX members_user ON members (user_id, project_id);

        CREATE TABLE api_keys (
            id              text COLLATE "C" PRIMARY KEY,
            project_id      uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
            kind            text NOT NULL,
            name            text,
            is_primary      boolean NOT NULL,
            write_key       text COLLATE "C" UNIQUE,
            secret_hash     bytea UNIQUE,
            sealed_secret   bytea,
            master_key_id   text,
            allowed_origins text[],
            created_at      timestamptz NOT NULL,
            valid_until     timestamptz,
            CHECK (CASE kind
                WHEN 'secret' THEN num_nulls(secret_hash, sealed_secret, master_key_id) = 0
                               AND num_nonnulls(write_key, allowed_origins) = 0
                WHEN 'write'  THEN num_nonnulls(secret_hash, sealed_secret, master_key_id) = 0
                               AND write_key IS NOT NULL
                ELSE false END)
        );
        CREATE INDEX api_keys_project ON api_keys (project_id, created_at, id);
        CREATE UNIQUE INDEX api_keys_primary ON api_keys (project_id, kind) WHERE is_primary;

        CREATE TABLE audit_entries (
            id         uuid PRIMARY KEY,
            at         timestamptz NOT NULL,
            actor_id   uuid,
            project_id uuid,
            action     text NOT NULL,
            target     text,
            address    text,
            details    jsonb
        );
        CREATE INDEX audit_entries_project ON audit_entries (project_id, id);
        CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);
        """);
}
