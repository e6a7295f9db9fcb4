using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

public sealed class ProjectAccessTests : IDisposable
{
    private static readonly Guid Project = Guid.CreateVersion7();
    private static readonly Guid User = Guid.CreateVersion7();

    private readonly ManualTime time = new();
    private readonly Identity identity = new();
    private readonly ProjectAccess projects;

    public ProjectAccessTests()
    {
        projects = new ProjectAccess(identity, time, NullLogger<ProjectAccess>.Instance);
    }

    public void Dispose() => identity.Dispose();

    [Fact]
    public async Task A_member_is_asked_for_once_in_thirty_seconds()
    {
        var first = await projects.FindAsync(Project, User, default);
        time.Advance(TimeSpan.FromSeconds(29));
        await projects.FindAsync(Project, User, default);
        Assert.Equal(1, identity.Asked);

        time.Advance(TimeSpan.FromSeconds(1));
        await projects.FindAsync(Project, User, default);

        Assert.Equal(2, identity.Asked);
        Assert.Equal(new ProjectMember(Project, "analyst", "Europe/Berlin"), first);
        Assert.Equal($"/internal/projects/{Project:D}/members/{User:D}", identity.Path);
    }

    [Fact]
    public async Task A_stranger_finds_nothing()
    {
        identity.Answer = () => new HttpResponseMessage(HttpStatusCode.NotFound);

        Assert.Null(await projects.FindAsync(Project, User, default));
    }

    [Fact]
    public async Task A_change_of_the_project_is_seen_at_once_and_that_of_another_costs_nothing()
    {
        await projects.FindAsync(Project, User, default);
        projects.Drop(Guid.CreateVersion7());
        await projects.FindAsync(Project, User, default);
        Assert.Equal(1, identity.Asked);

        identity.Answer = () => new HttpResponseMessage(HttpStatusCode.NotFound);
        projects.Drop(Project);

        Assert.Null(await projects.FindAsync(Project, User, default));
    }

    [Fact]
    public async Task An_answer_that_was_under_way_during_a_change_is_not_kept()
    {
        var answer = identity.Answer;
        identity.Answer = () =>
        {
            projects.Drop(Project);
            return answer();
        };
        await projects.FindAsync(Project, User, default);
        identity.Answer = answer;

        await projects.FindAsync(Project, User, default);

        Assert.Equal(2, identity.Asked);
    }

    [Fact]
    public async Task While_identity_is_away_known_members_go_on_for_a_quarter_of_an_hour()
    {
        await projects.FindAsync(Project, User, default);
        identity.Answer = () => new HttpResponseMessage(HttpStatusCode.InternalServerError);

        time.Advance(TimeSpan.FromMinutes(14));
        Assert.NotNull(await projects.FindAsync(Project, User, default));
        time.Advance(TimeSpan.FromMinutes(1));
        var failure = await Assert.ThrowsAsync<ProblemException>(() => projects.FindAsync(Project, User, default));

        Assert.Equal((503, "identity_unavailable"), (failure.Status, failure.Code));
    }

    [Fact]
    public async Task While_identity_is_away_neither_strangers_nor_members_of_a_changed_project_are_let_in()
    {
        await projects.FindAsync(Project, User, default);
        projects.Drop(Project);
        identity.Answer = () => throw new HttpRequestException("refused");

        await Assert.ThrowsAsync<ProblemException>(() => projects.FindAsync(Project, User, default));
        await Assert.ThrowsAsync<ProblemException>(() => projects.FindAsync(Project, Guid.CreateVersion7(), default));
    }

    [Fact]
    public async Task Identity_is_found_by_name_and_asked_with_a_service_token()
    {
        await using var server = await DefaultsHost.StartAsync(app =>
            app.MapGet("/internal/projects/{project}/members/{user}", (Guid project) => new ProjectMember(project, "owner", "UTC"))
                .RequireAuthorization(Policies.Service));
        await using var caller = await DefaultsHost.StartAsync(
            configure: builder => builder.AddProjectAccess(),
            settings: new Dictionary<string, string?> { ["services:identity:http:0"] = server.Client.BaseAddress!.ToString() });

        var member = await caller.Services.GetRequiredService<ProjectAccess>().FindAsync(Project, User, default);

        Assert.Equal(new ProjectMember(Project, "owner", "UTC"), member);
    }

    [Fact]
    public async Task A_message_from_identity_drops_what_is_known()
    {
        var redis = new FakeRedis();
        await using var host = await DefaultsHost.StartAsync(configure: builder =>
        {
            builder.AddProjectAccess();
            builder.Services.AddSingleton(redis.Connection);
            builder.Services.AddSingleton<IHttpClientFactory>(identity);
            // The other listener would replace this one in the fake, which has one place only.
            builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(RevocationListener)));
        });
        await redis.Subscribed.Task.WaitAsync(TimeSpan.FromSeconds(5));
        var access = host.Services.GetRequiredService<ProjectAccess>();
        await access.FindAsync(Project, User, default);
        var before = identity.Asked;

        redis.Publish(Project.ToString("D"));
        await access.FindAsync(Project, User, default);
        redis.Reconnect();
        await access.FindAsync(Project, User, default);

        Assert.Equal(before + 2, identity.Asked);
    }

    private sealed class Identity : HttpMessageHandler, IHttpClientFactory
    {
        public Func<HttpResponseMessage> Answer { get; set; } = () => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent($$"""{"project_id":"{{Project}}","role":"analyst","time_zone":"Europe/Berlin","later":1}"""),
        };

        public int Asked { get; private set; }

        public string? Path { get; private set; }

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { BaseAddress = new Uri("http://identity") };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            Path = request.RequestUri!.AbsolutePath;
            var response = Answer();
            response.Content.Headers.ContentType = new("application/json");
            return Task.FromResult(response);
        }
    }
}
