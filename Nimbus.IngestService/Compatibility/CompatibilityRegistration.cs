using Nimbus.IngestService.Compatibility.Mixpanel;
using Nimbus.IngestService.Compatibility.PostHog;
using Nimbus.IngestService.Compatibility.Segment;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Compatibility;

internal static class CompatibilityRegistration
{
    /// <summary>
    /// The endpoints that the SDKs of Segment, Mixpanel and PostHog speak to. Their contract is the vendors', so the description
    /// of our own API leaves them out.
    /// </summary>
    public static WebApplicationBuilder AddCompatibility(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<PublicUrlSettings>("Nimbus");
        builder.Services.AddSingleton<SdkIntake>();
        return builder;
    }

    public static IEndpointRouteBuilder MapCompatibility(this IEndpointRouteBuilder routes)
    {
        routes.MapSegment();
        routes.MapMixpanel();
        routes.MapPostHog();
        return routes;
    }
}
