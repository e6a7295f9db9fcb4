using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>Personal access tokens, links that reset passwords, and administrators.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0003_tokens_and_resets")]
internal sealed class M0003TokensAndResets : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE personal_tokens (
            id         uuid PRIMARY KEY,
            user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            name       text NOT NULL,
            hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
            scopes     text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'admin'] AND cardinality(scopes) > 0),
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX personal_tokens_user ON personal_tokens (user_id, id);

        CREATE TABLE password_resets (
            hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
            user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX password_resets_user ON password_resets (user_id);

        -- The first account of an installation looks after it.
        ALTER TABLE users ADD is_administrator boolean NOT NULL DEFAULT false;
        UPDATE users SET is_administrator = true WHERE id = (SELECT id FROM users ORDER BY created_at, id LIMIT 1);
        """);
}
