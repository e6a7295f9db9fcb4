using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Nimbus.IdentityService.Storage.Migrations;

/// <summary>From where a session was begun, for its owner to recognise it by.</summary>
[DbContext(typeof(IdentityDb))]
[Migration("0005_session_origins")]
internal sealed class M0005SessionOrigins : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        ALTER TABLE sessions ADD COLUMN address text, ADD COLUMN user_agent text;
        """);
}
