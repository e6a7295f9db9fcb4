using Aspire.Hosting.Local;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an application for a test: on free ports, its data in a folder of its own, its log the test's.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>The application of an AppHost, composed by its own entry point.</summary>
    /// <typeparam name="TEntryPoint">A type of the AppHost: the one generated for it in the namespace Projects.</typeparam>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class =>
        CreateAsync<TEntryPoint>([], cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    /// <param name="args">The AppHost's arguments.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var (entry, builder) = await TestEntry.ComposeAsync(typeof(TEntryPoint).Assembly, args, cancellationToken);
        return new TestingBuilder(builder, entry);
    }

    /// <summary>An empty application, composed by the test itself.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args)
    {
        var entry = TestEntry.WithoutEntryPoint();
        return new TestingBuilder(new DistributedApplicationBuilder(args, null, entry), entry);
    }
}
