namespace Nimbus.Gateway.Status;

internal static class ServiceProbesRegistration
{
    public static IServiceCollection AddServiceProbes(this IServiceCollection services)
    {
        services.AddSingleton<ServiceProbes>();
        var client = services.AddHttpClient(nameof(ServiceProbes));
        // A probe wants to know how things are now: a 503 is its answer and no reason to ask again.
#pragma warning disable EXTEXP0001 // The method is marked experimental; there is no other that takes a default handler off.
        client.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        return services;
    }
}
