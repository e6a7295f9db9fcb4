using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds parameters.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>A parameter that must be set, under the configuration key <c>Parameters:{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, () => Configured(builder, name) ?? throw Missing(name), secret));

    /// <summary>A parameter with a value for when none is set.</summary>
    /// <param name="persist">Keep the value in the user secrets of the AppHost, for the next run.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder,
        string name,
        ParameterDefault value,
        bool secret = false,
        bool persist = false) =>
        builder.AddResource(persist
            ? Generated(builder, name, value, secret)
            : new ParameterResource(name, () => Configured(builder, name) ?? value.GetDefaultValue(), secret));

    /// <summary>A connection string that must be set, under the configuration key <c>ConnectionStrings:{name}</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name) =>
        builder.AddResource(new ConnectionStringParameterResource(name, () => builder.Configuration.GetConnectionString(name) ?? throw
            new DistributedApplicationException($"The connection string '{name}' has no value: set ConnectionStrings__{name}.")));

    /// <summary>The password of a server for which AppHost.cs names none: generated once, then kept.</summary>
    internal static ParameterResource DefaultPassword(IDistributedApplicationBuilder builder, string name, bool special) =>
        Generated(builder, name, new GenerateParameterDefault { MinLength = 22, Special = special }, secret: true);

    private static ParameterResource Generated(
        IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret) =>
        new(
            name,
            () => Configured(builder, name) ??
                ((DistributedApplicationBuilder)builder).Secrets.GetOrAdd($"Parameters:{name}", value.GetDefaultValue),
            secret);

    // An environment variable cannot have a dash in every shell, so an underscore does as well.
    private static string? Configured(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"];

    private static DistributedApplicationException Missing(string name) => new(
        $"The parameter '{name}' has no value: set Parameters__{name.Replace('-', '_')} or Parameters:{name} in the user secrets.");
}
