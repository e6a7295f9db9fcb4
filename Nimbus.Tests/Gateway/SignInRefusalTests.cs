using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Nimbus.Gateway.Dashboard;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Gateway;

/// <summary>A sign-in by an external issuer that comes to nothing, as a browser and as a program meet it.</summary>
public sealed partial class SignInRefusalTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    public void Dispose() => system.Forget();

    [Theory]
    [InlineData(400, "expired")]
    [InlineData(401, "refused")]
    [InlineData(404, "not_offered")]
    [InlineData(409, "email_taken")]
    [InlineData(429, "too_many")]
    [InlineData(503, "unavailable")]
    [InlineData(500, "failed")]
    public async Task A_browser_lands_on_the_sign_in_page(int status, string reason)
    {
        Refuse(status);
        foreach (var path in new[] { "/v1/auth/oidc/start", "/v1/auth/oidc/callback?error=%3Cscript%3E&state=s&code=c" })
        {
            using var response = await GetAsync(path, Browser);
            Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
            Assert.Equal($"/app/sign-in?problem={reason}", response.Headers.Location!.OriginalString);
            Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        }
    }

    [Fact]
    public async Task It_does_where_identity_is_away_too()
    {
        system.Identity.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var response = await GetAsync("/v1/auth/oidc/start", Browser);
        Assert.Equal("/app/sign-in?problem=unavailable", response.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("/v1/auth/oidc/callback", "application/json")]
    [InlineData("/v1/auth/oidc/callback", null)]
    [InlineData("/v1/auth/me", Browser)]
    public async Task A_program_keeps_the_problem_document(string path, string? accept)
    {
        Refuse(401);
        using var response = await GetAsync(path, accept);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("sign_in_refused", await GatewaySystem.CodeOfAsync(response));
    }

    [Fact]
    public async Task What_goes_well_goes_on()
    {
        system.Identity.Answer = context =>
        {
            context.Response.Redirect("https://accounts.example/authorize?state=s");
            return Task.CompletedTask;
        };
        using var response = await GetAsync("/v1/auth/oidc/start", Browser);
        Assert.Equal("https://accounts.example/authorize?state=s", response.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task The_page_has_a_text_for_every_reason()
    {
        var texts = await File.ReadAllTextAsync(Path.Combine(TestData.RepositoryRoot, "Nimbus.Web", "src", "text.ts"));
        var known = Key().Matches(Refusals().Match(texts).Groups[1].Value).Select(key => key.Groups[1].Value).Order();
        Assert.Equal(Enumerable.Range(400, 200).Select(SignInRefusals.ReasonOf).Distinct().Order(), known);
    }

    private void Refuse(int status) => system.Identity.Answer = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync("""{"code":"sign_in_refused","detail":"The issuer did not sign you in."}""");
    };

    private async Task<HttpResponseMessage> GetAsync(string path, string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await system.Client.SendAsync(request);
    }

    [GeneratedRegex("refusals: \\{(.*?)\\}", RegexOptions.Singleline)]
    private static partial Regex Refusals();

    [GeneratedRegex("^ +([a-z_]+):", RegexOptions.Multiline)]
    private static partial Regex Key();
}
