using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed class IdentitySchemaTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    [Fact]
    public async Task The_model_and_the_migrated_schema_have_the_same_columns()
    {
        await using var db = system.OpenDatabase();
        var migrated = await db.Database.SqlQuery<string>($"""
            SELECT format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                          CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END) AS "Value"
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
              AND c.relname <> '__EFMigrationsHistory'
            """).ToListAsync();

        var modelled = db.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties().Select(property =>
        {
            var table = StoreObjectIdentifier.Table(entity.GetTableName()!);
            return $"{table.Name}.{property.GetColumnName(table)} {property.GetColumnType()} "
                + (property.IsColumnNullable(table) ? "null" : "not null");
        }));

        Assert.Equal(modelled.Order(StringComparer.Ordinal), migrated.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_model_and_the_migrated_schema_have_the_same_primary_keys()
    {
        await using var db = system.OpenDatabase();
        var migrated = await db.Database.SqlQuery<string>($"""
            SELECT format('%s(%s)', c.relname, string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum))) AS "Value"
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
            WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace AND c.relname <> '__EFMigrationsHistory'
            GROUP BY c.relname
            """).ToListAsync();
        var modelled = db.Model.GetEntityTypes().Select(entity =>
            $"{entity.GetTableName()}({string.Join(',', entity.FindPrimaryKey()!.Properties.Select(p => p.GetColumnName()))})");
        Assert.Equal(modelled.Order(StringComparer.Ordinal), migrated.Order(StringComparer.Ordinal));
    }
}
