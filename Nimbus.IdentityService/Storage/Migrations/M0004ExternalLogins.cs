using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>Accounts that an external issuer signs in to.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0004_external_logins")]
internal sealed class M0004ExternalLogins : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        CREATE TABLE external_logins (
            issuer     text NOT NULL,
            subject    text NOT NULL,
            user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (issuer, subject)
        );
        CREATE INDEX external_logins_user ON external_logins (user_id);
        """);
}
