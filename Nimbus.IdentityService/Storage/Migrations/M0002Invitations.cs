using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>Invitations to projects.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0002_invitations")]
internal sealed class M0002Invitations : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE invitations (
            id         uuid PRIMARY KEY,
            project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
            hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
            role       text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
            email      text,
            invited_by uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at    timestamptz
        );
        CREATE INDEX invitations_project ON invitations (project_id, id);
        CREATE INDEX invitations_inviter ON invitations (invited_by);
        """);
}
