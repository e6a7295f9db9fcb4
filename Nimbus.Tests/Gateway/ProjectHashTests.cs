using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Nimbus.Gateway.Routes;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Gateway;

/// <summary>Which of several query services is asked about a project.</summary>
public sealed class ProjectHashTests
{
    [Fact]
    public void A_service_more_takes_its_share_of_the_projects_and_moves_no_other()
    {
        var projects = Enumerable.Range(0, 10_000).Select(i => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)))[..16])).ToList();
        string[] three = ["query", "query-1", "query-2"];
        string[] four = [.. three, "query-3"];

        var moved = projects.Where(project => Choose(three, project) != Choose(four, project)).ToList();

        Assert.All(moved, project => Assert.Equal("query-3", Choose(four, project)));
        foreach (var service in four)
            Assert.InRange(projects.Count(project => Choose(four, project) == service), 2300, 2700);
    }

    [Fact]
    public void The_choice_is_written_in_stone()
    {
        // Gateways of two versions side by side must agree, else a project is built twice.
        // printf query/0198c0de-0000-7000-8000-000000000001 | sha256sum | cut -c1-16
        Assert.Equal(0x5c0828f369103fcdUL, ProjectHash.Weight("query", new Guid("0198c0de-0000-7000-8000-000000000001")));
    }

    [Theory]
    [InlineData("""{"project_id":"0198c0de-0000-7000-8000-000000000001"}""", true)]
    [InlineData("""{"where":{"project_id":"0198c0de-0000-7000-8000-000000000002"},"project_id":"0198c0de-0000-7000-8000-000000000001"}""", true)]
    [InlineData("""{"steps":[{"project_id":"0198c0de-0000-7000-8000-000000000001"}]}""", false)]
    [InlineData("""{"project_id":7}""", false)]
    [InlineData("""{"project_id":""", false)]
    [InlineData("""["project_id"]""", false)]
    [InlineData("", false)]
    public void A_document_says_its_project_in_its_outermost_object(string document, bool isThere) => Assert.Equal(
        isThere ? new Guid("0198c0de-0000-7000-8000-000000000001") : null, RequestedProject.InJson(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void A_link_says_its_project()
    {
        var project = Guid.CreateVersion7();
        var token = "nbl_" + Base64Url.EncodeToString([.. project.ToByteArray(bigEndian: true), .. new byte[32]]);
        Assert.Equal(project, RequestedProject.OfLink(token));
        Assert.Null(RequestedProject.OfLink(token + "A"));
        Assert.Null(RequestedProject.OfLink("nbl_"));
    }

    [Fact]
    public async Task All_ways_to_name_a_project_lead_to_its_service_with_the_document_whole()
    {
        await using var services = await TwoServices.StartAsync();
        for (var i = 0; i < 8; i++)
        {
            var project = Guid.CreateVersion7();
            var link = "nbl_" + Base64Url.EncodeToString([.. project.ToByteArray(bigEndian: true), .. new byte[32]]);
            var document = JsonContent.Create(new { padding = new string('x', 100_000), project_id = project });
            var expected = Choose(["query", "query-1"], project);
            Assert.Equal(expected, await services.AskedAsync(HttpMethod.Get, $"/v1/metrics?project_id={project}"));
            Assert.Equal(expected, await services.AskedAsync(HttpMethod.Get, $"/v1/shared/dashboards/{link}"));
            Assert.Equal(expected, await services.AskedAsync(HttpMethod.Get, $"/ws/projects/{project}"));
            Assert.Equal(expected, await services.AskedAsync(HttpMethod.Post, "/v1/insights/trends", document));
            Assert.Equal((await document.ReadAsByteArrayAsync()).Length, services.BodyBytes);
        }
    }

    [Fact]
    public async Task A_service_that_is_not_healthy_is_stood_in_for_until_it_is()
    {
        await using var services = await TwoServices.StartAsync(("Interval", "00:00:00.050"), ("Timeout", "00:00:05"));
        var project = Enumerable.Range(0, 1000).Select(_ => Guid.CreateVersion7()).First(project => Choose(["query", "query-1"], project) == "query");
        Assert.Equal("query", await services.AskedAsync(HttpMethod.Get, $"/v1/metrics?project_id={project}"));

        services.FirstIsReady = false;
        await Hosting.Eventually.TrueAsync(
            async () => await services.AskedAsync(HttpMethod.Get, $"/v1/metrics?project_id={project}") == "query-1",
            () => "it is still asked", TimeSpan.FromSeconds(20));

        services.FirstIsReady = true;
        await Hosting.Eventually.TrueAsync(
            async () => await services.AskedAsync(HttpMethod.Get, $"/v1/metrics?project_id={project}") == "query",
            () => "it is not asked again", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task What_is_asked_while_a_service_is_replaced_waits_for_it()
    {
        var port = Ports.Free();
        await using var gateway = GatewayHost.Start(new()
        {
            ["services:identity:http:0"] = $"http://127.0.0.1:{port}",
            ["Nimbus:Gateway:ConnectPatience"] = "00:00:25",
        });
        using var client = new HttpClient { BaseAddress = gateway.Address };

        var asking = Enumerable.Range(0, 20).Select(_ => client.GetAsync("/v1/auth/me")).ToList();
        Assert.DoesNotContain(asking, asked => asked.IsCompleted);
        await using var back = await Upstream.StartAsync(port);
        back.Answer = context => context.Response.WriteAsync("here again");

        foreach (var answer in await Task.WhenAll(asking).WaitAsync(TimeSpan.FromSeconds(30)))
            Assert.Equal("here again", await answer.Content.ReadAsStringAsync());
    }

    private static string Choose(string[] services, Guid project) => services.MaxBy(service => ProjectHash.Weight(service, project))!;

    /// <summary>A gateway with two query services.</summary>
    private sealed class TwoServices(Upstream first, Upstream second) : IAsyncDisposable
    {
        private string? _asked;
        private GatewayHost _gateway = null!;

        public bool FirstIsReady { get; set; } = true;

        public long BodyBytes { get; private set; }

        public static async Task<TwoServices> StartAsync(params (string Name, string Value)[] health)
        {
            var services = new TwoServices(await Upstream.StartAsync(), await Upstream.StartAsync());
            var settings = new Dictionary<string, string>
            {
                ["services:query-0:http:0"] = services.First.Address.ToString(),
                ["services:query-1:http:0"] = services.Second.Address.ToString(),
                ["ReverseProxy:Clusters:query:Destinations:query:Address"] = "http://query-0",
                ["ReverseProxy:Clusters:query:Destinations:query-1:Address"] = "http://query-1",
                ["ReverseProxy:Clusters:query:HealthCheck:Active:Enabled"] = "true",
            };
            foreach (var (name, value) in health)
                settings[$"ReverseProxy:Clusters:query:HealthCheck:Active:{name}"] = value;
            services.First.Answer = context => services.AnswerAsync(context, "query", services.FirstIsReady);
            services.Second.Answer = context => services.AnswerAsync(context, "query-1", isReady: true);
            services._gateway = GatewayHost.Start(settings);
            return services;
        }

        private Upstream First => first;

        private Upstream Second => second;

        /// <summary>The service that a request came to.</summary>
        public async Task<string?> AskedAsync(HttpMethod method, string path, HttpContent? body = null)
        {
            using var client = new HttpClient { BaseAddress = _gateway.Address };
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new ByteArrayContent(await body.ReadAsByteArrayAsync()) };
            if (request.Content is not null)
                request.Content.Headers.ContentType = body!.Headers.ContentType;
            _asked = null;
            using var answer = await client.SendAsync(request);
            return _asked;
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            await first.DisposeAsync();
            await second.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext context, string name, bool isReady)
        {
            if (context.Request.Path == "/readiness")
            {
                context.Response.StatusCode = isReady ? 200 : 503;
                return;
            }
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            (_asked, BodyBytes) = (name, body.Length);
            await context.Response.WriteAsync(name);
        }
    }
}
