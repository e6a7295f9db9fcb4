using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>How long a project keeps events and what it keeps of browsers; when a deleted one's events were gone.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0006_project_settings")]
internal sealed class M0006ProjectSettings : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        ALTER TABLE projects
            ADD COLUMN retention_days int,
            ADD COLUMN traffic        text NOT NULL DEFAULT 'none',
            ADD COLUMN erased_at      timestamptz;
        """);
}
