using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Nimbus.Gateway.Cors;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.Settings;

/// <summary>Settings under their older names, and in forms that others write.</summary>
public sealed class SettingNameTests
{
    [Theory]
    [InlineData("postgresql://db.example/app", "Host=db.example;Database=app")]
    [InlineData("postgres://u@db:5433/app", "Host=db;Port=5433;Username=u;Database=app")]
    [InlineData("postgresql+asyncpg://user:pass@host:5432/nimbus", "Host=host;Port=5432;Username=user;Password=pass;Database=nimbus")]
    [InlineData("postgresql+psycopg2://u:p%40s%3Bs%25@[::1]:5432/my%20db", "Host=::1;Port=5432;Username=u;Password=\"p@s;s%\";Database=\"my db\"")]
    [InlineData("postgresql+asyncpg://u:p@h/d?ssl=require&prepared_statement_cache_size=0", "Host=h;Username=u;Password=p;Database=d;SSL Mode=Require")]
    [InlineData("postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=%2Fca.pem&application_name=x",
        "Host=h;Username=u;Password=p;Database=d;SSL Mode=VerifyFull;Root Certificate=/ca.pem;Application Name=x")]
    [InlineData("redis://cache.example", "cache.example:6379")]
    [InlineData("redis://localhost:6380/0", "localhost:6380")]
    [InlineData("redis://:p%40ss@localhost:6379/3", "localhost:6379,password=p@ss,defaultDatabase=3")]
    [InlineData("rediss://default:pw@cache:6380", "cache:6380,password=pw,ssl=true")]
    [InlineData("redis://app:pw@cache", "cache:6379,user=app,password=pw")]
    public void An_address_becomes_a_connection_string(string address, string connectionString) =>
        Assert.Equal(Parts(connectionString), Parts(ConnectionAddress.Translate(address)!));

    [Theory]
    [InlineData("Host=db;Username=u;Password=p;Database=d")]
    [InlineData("localhost:6379,password=x")]
    [InlineData("postgresql://one:5432,two:5432/d")]
    [InlineData("postgresql://u:p@h/d?sslmode=perhaps")]
    [InlineData("redis://:a,b@cache")]
    [InlineData("mysql://u:p@h/d")]
    [InlineData("http://[")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_address_or_cannot_be_said_otherwise_stays_as_it_is(string? text) => Assert.Null(ConnectionAddress.Translate(text));

    [Theory]
    [InlineData("""["http://localhost:3000","https://app.example.com"]""")]
    [InlineData("""[ "http://localhost:3000" , "https://app.example.com" ]""")]
    [InlineData("http://localhost:3000,https://app.example.com")]
    [InlineData(" http://localhost:3000 , https://app.example.com, ")]
    public void Allowed_origins_are_a_JSON_array_or_a_list_with_commas_under_either_name(string text)
    {
        foreach (var name in (string[])["NIMBUS_ALLOWED_ORIGINS", "Nimbus:Cors:AllowedOrigins"])
        {
            var cors = Settings((name, text)).GetSection("Nimbus:Cors").Get<CrossOriginOptions>()!;
            Assert.Equal(["http://localhost:3000", "https://app.example.com"], cors.AllowedOrigins);
        }
    }

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("HTTPS://App.Example.com", true)]
    [InlineData("*", true)]
    [InlineData("https://app.example.com/", false)]
    [InlineData("https://app.example.com/page", false)]
    [InlineData("app.example.com", false)]
    [InlineData("""["https://app.example.com""", false)]
    [InlineData("", false)]
    public void An_origin_is_a_scheme_and_a_host(string text, bool isOne) => Assert.Equal(isOne, CrossOriginOptions.IsOrigin(text));

    [Fact]
    public void Older_names_give_what_they_gave()
    {
        var settings = Settings(
            ("NIMBUS_DATABASE_URL", "postgresql+asyncpg://user:pass@host:5432/nimbus"),
            ("NIMBUS_REDIS_URL", "redis://localhost:6379/0"),
            ("NIMBUS_JWT_SECRET", "a secret that is long enough to be one"),
            ("NIMBUS_RATE_LIMIT_ENABLED", "0"),
            ("NIMBUS_RATE_LIMIT_PER_MINUTE", "77"),
            ("NIMBUS_LOG_LEVEL", "WARNING"));

        Assert.Equal("Host=host;Port=5432;Username=user;Password=pass;Database=nimbus", settings.GetConnectionString("eventsdb"));
        Assert.Equal(settings.GetConnectionString("eventsdb"), settings.GetConnectionString("identitydb"));
        Assert.Equal("localhost:6379", settings.GetConnectionString("redis"));
        Assert.Equal("a secret that is long enough to be one", settings["Nimbus:Jwt:Secret"]);
        Assert.Equal(new RateLimitOptions { Enabled = false, AnonymousPerMinute = 77 }, settings.GetSection("Nimbus:RateLimit").Get<RateLimitOptions>());
        Assert.Equal("Warning", settings["Logging:LogLevel:Default"]);
    }

    [Fact]
    public void A_setting_under_its_own_name_wins_over_its_older_one()
    {
        var settings = Settings(
            ("NIMBUS_DATABASE_URL", "postgresql://old/nimbus"), ("ConnectionStrings:eventsdb", "Host=new"),
            ("NIMBUS_ALLOWED_ORIGINS", "https://a.example,https://b.example"), ("Nimbus:Cors:AllowedOrigins:0", "https://c.example"),
            ("NIMBUS_RATE_LIMIT_PER_MINUTE", "77"), ("Nimbus:RateLimit:AnonymousPerMinute", "88"));

        Assert.Equal("Host=new", settings.GetConnectionString("eventsdb"));
        Assert.Equal("Host=old;Database=nimbus", settings.GetConnectionString("identitydb"));
        Assert.Equal(["https://c.example"], settings.GetSection("Nimbus:Cors").Get<CrossOriginOptions>()!.AllowedOrigins);
        Assert.Equal("88", settings["Nimbus:RateLimit:AnonymousPerMinute"]);
    }

    [Fact]
    public void Every_older_name_gives_settings_that_there_are()
    {
        var known = KnownSettings.All.Select(name => name.Replace(":0", "", StringComparison.Ordinal))
            .Concat(SettingsReference.Services.SelectMany(SettingsReference.ConnectionsOf).Select(use => $"ConnectionStrings:{use.Name}"))
            .Append("Logging:LogLevel:Default").ToHashSet();
        Assert.All(OlderNames.All.SelectMany(older => older.Settings), setting => Assert.Contains(setting, known));
    }

    /// <summary>What a service with these settings sees.</summary>
    private static ConfigurationManager Settings(params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, string? (setting) => setting.Value));
        builder.AddSettingNames();
        return builder.Configuration;
    }

    private static string[] Parts(string connectionString) => [.. connectionString.Split(';').Order(StringComparer.Ordinal)];
}
