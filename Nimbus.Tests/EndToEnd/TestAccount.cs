using System.Net.Http.Headers;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>A fresh account on the running system; tests share the system, never an account or a project.</summary>
public sealed class TestAccount
{
    public const string Password = "correct horse battery";

    private TestAccount(NimbusSystem nimbus, NimbusApi api, NimbusSession session)
    {
        Nimbus = nimbus;
        Api = api;
        Session = session;
    }

    public NimbusSystem Nimbus { get; }

    public NimbusApi Api { get; }

    public NimbusSession Session { get; }

    public string Email => Session.User.Email;

    public static async Task<TestAccount> RegisterAsync(NimbusSystem nimbus)
    {
        var api = new NimbusApi(nimbus.Gateway);
        var session = await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", Password, "Ada");
        return new TestAccount(nimbus, api, session);
    }

    public async Task<TestProject> CreateProjectAsync(string timeZone = "UTC") =>
        new(this, await Api.CreateProjectAsync("Shop", timeZone: timeZone));

    /// <summary>Any call as this account; <paramref name="path"/> is relative to the gateway.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body = null, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Session.AccessToken);
        return await Nimbus.Gateway.SendAsync(request, ct);
    }
}
