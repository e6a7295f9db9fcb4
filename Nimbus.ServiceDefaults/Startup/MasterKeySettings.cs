using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>The keys that secrets are sealed with.</summary>
public sealed record MasterKeySettings
{
    /// <summary>
    /// What the secrets in the database are sealed under and erased ids are hashed with; <c>openssl rand -base64 48</c> makes one. Keep
    /// it apart from the backups: without it they open no key.
    /// </summary>
    [Required, AtLeastBytes(ServiceDefaults.MasterKey.MinBytes)]
    public string? MasterKey { get; init; }

    /// <summary>The name of the master key; a new key gets a new one (docs/security.md).</summary>
    public string MasterKeyId { get; init; } = ServiceDefaults.MasterKey.FirstId;

    /// <summary>Earlier master keys by their names, for as long as anything is sealed under them.</summary>
    public Dictionary<string, string> OtherMasterKeys { get; init; } = [];
}

public static class MasterKeyRegistration
{
    public static IServiceCollection AddMasterKey(this IServiceCollection services)
    {
        services.AddStartupCheck(MasterKey.Wrong);
        services.AddSettings<MasterKeySettings>("Nimbus");
        return services.AddSingleton(provider => MasterKey.Of(provider.GetRequiredService<IOptions<MasterKeySettings>>().Value));
    }
}
