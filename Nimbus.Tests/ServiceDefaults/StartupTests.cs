using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>What an operator has to mend is said in one line that names the setting, before anything starts.</summary>
public class StartupTests
{
    [Theory]
    [InlineData("", "is missing")]
    [InlineData("hunter2", "is too short (7 bytes)")]
    [InlineData("0123456789012345678901234567890", "is too short (31 bytes)")]
    public void A_JWT_secret_that_is_missing_or_short_stops_the_start(string secret, string finding)
    {
        var failure = Assert.Throws<StartupException>(() =>
            DefaultsHost.Build(settings: new Dictionary<string, string?> { ["Nimbus:Jwt:Secret"] = secret }));

        var line = StartupFailures.Describe(failure);
        Assert.StartsWith($"Nimbus:Jwt:Secret {finding}: set Nimbus__Jwt__Secret to at least 32 random bytes", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line!);
        Assert.True(secret.Length == 0 || !line!.Contains(secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ä234567890123456789012345678901", true)]
    [InlineData("01234567890123456789012345678901", true)]
    [InlineData("0123456789012345678901234567890", false)]
    public void A_JWT_secret_is_measured_in_bytes(string secret, bool longEnough)
    {
        Assert.Equal(longEnough, JwtOptions.Check(Configuration("Nimbus:Jwt:Secret", secret)) is null);
    }

    [Theory]
    [InlineData("Host=db;Username=u;Password=p;Database=d", true)]
    [InlineData("Server=db", true)]
    [InlineData(null, false)]
    [InlineData(" ", false)]
    [InlineData("postgresql://u:hunter2@db/d", false)]
    [InlineData("Host=db;Password", false)]
    [InlineData("Host=db;Hunter2=x", false)]
    [InlineData("Host=db;Port=hunter2", false)]
    [InlineData("Password=hunter2;Database=d", false)]
    public void A_PostgreSQL_connection_string_is_checked_without_repeating_it(string? text, bool wellFormed)
    {
        var finding = ConnectionStrings.Check(Configuration("ConnectionStrings:eventsdb", text), "eventsdb", ConnectionKind.PostgreSql);

        Assert.Equal(wellFormed, finding is null);
        Assert.True(wellFormed || finding!.Contains("ConnectionStrings__eventsdb", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", finding ?? "", StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("localhost:6379", true)]
    [InlineData("localhost:6379,password=a=b,ssl=true", true)]
    [InlineData(null, false)]
    [InlineData("password=hunter2", false)]
    [InlineData("localhost:6379,connectTimeout=hunter2", false)]
    public void A_Redis_connection_string_is_checked_without_repeating_it(string? text, bool wellFormed)
    {
        var finding = ConnectionStrings.Check(Configuration("ConnectionStrings:redis", text), "redis", ConnectionKind.Redis);

        Assert.Equal(wellFormed, finding is null);
        Assert.DoesNotContain("hunter2", finding ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_required_connection_string_that_is_missing_stops_the_start()
    {
        var failure = Assert.Throws<StartupException>(() =>
            DefaultsHost.Build(configure: builder => builder.RequireConnectionString("identitydb")));

        Assert.StartsWith("ConnectionStrings:identitydb is missing: set ConnectionStrings__identitydb", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_validated_on_start_stop_it_in_the_same_way()
    {
        var failure = Assert.Throws<StartupException>(() => DefaultsHost.Build(configure: builder =>
            builder.Services.AddOptions<Limits>().BindConfiguration("Limits")
                .Validate(limits => limits.Most > 0, "Limits:Most must be above 0: set Limits__Most.").ValidateOnStart()));

        Assert.Equal("Limits:Most must be above 0: set Limits__Most.", StartupFailures.Describe(failure));
    }

    [Fact]
    public void A_port_that_is_taken_is_for_the_operator_and_a_bug_is_not()
    {
        var taken = new IOException("Failed to bind to address http://127.0.0.1:1.", new AddressInUseException("taken"));

        Assert.Contains("ASPNETCORE_URLS", StartupFailures.Describe(taken), StringComparison.Ordinal);
        Assert.Null(StartupFailures.Describe(new InvalidOperationException("a bug")));
        Assert.Null(StartupFailures.Describe(new IOException("disk")));
    }

    private static IConfiguration Configuration(string key, string? value) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();

    private sealed record Limits
    {
        public int Most { get; init; }
    }
}
