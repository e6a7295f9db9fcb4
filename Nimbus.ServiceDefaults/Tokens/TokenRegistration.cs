using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

internal static class TokenRegistration
{
    public static IServiceCollection AddTokens(this IServiceCollection services)
    {
        services.AddStartupCheck(JwtOptions.Check);
        services.AddSettings<JwtOptions>("Nimbus:Jwt");
        services.AddSingleton(provider => new HmacKey(
            Encoding.UTF8.GetBytes(provider.GetRequiredService<IOptions<JwtOptions>>().Value.Secret)));
        services.AddSingleton(provider => new TokenIssuer(
            provider.GetRequiredService<HmacKey>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new JwtVerifier(
            [new TrustedIssuer(TokenIssuer.Name, [Audiences.User, Audiences.Service, Audiences.Gateway], [provider.GetRequiredService<HmacKey>()])],
            provider.GetRequiredService<TimeProvider>()));
        services.AddHttpClient(IdentityTokenSource.Client, client => client.BaseAddress = new Uri("https+http://identity"))
            .AddServiceToken();
        services.TryAddSingleton<IPersonalTokenSource, IdentityTokenSource>();
        services.AddSingleton<PersonalTokens>();
        services.AddSingleton<IAuthorizationHandler, TokenScopeHandler>();
        services.AddExternalIssuer();
        services.AddSingleton<CallerAddress>();
        services.AddSingleton<SessionRevocation>();
        services.AddHostedService<RevocationListener>();

        // Not AddAuthentication: it brings data protection along, which writes keys to disk that nothing here uses.
        services.AddAuthenticationCore(options => options.DefaultScheme = BearerHandler.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, configureOptions: null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Service, Demand(Audiences.Service))
            .AddPolicy(Policies.User, Demand(Audiences.User))
            .SetDefaultPolicy(Demand(Audiences.User));
        return services;
    }

    private static AuthorizationPolicy Demand(string audience) =>
        new AuthorizationPolicyBuilder(BearerHandler.SchemeName).RequireAuthenticatedUser().RequireClaim("aud", audience)
            .AddRequirements(new TokenScopeRequirement()).Build();
}
