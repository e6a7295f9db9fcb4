using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nimbus.Client;

/// <summary>
/// Accounts, projects and answers: the calls a signed-in person makes. Nothing is retried here. Each call throws
/// <see cref="NimbusException"/> where the server refuses it or cannot be reached.
/// </summary>
public sealed class NimbusApi : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);

    private readonly HttpClient _http;
    private readonly bool _ownsHttp;

    /// <param name="baseAddress">Where the gateway is.</param>
    public NimbusApi(Uri baseAddress)
        : this(NimbusHttp.Create(baseAddress, CallTimeout)) => _ownsHttp = true;

    /// <param name="http">The connection to use; its <see cref="HttpClient.BaseAddress"/> is where the gateway is.</param>
    public NimbusApi(HttpClient http)
    {
        ArgumentNullException.ThrowIfNull(http);
        _http = http;
    }

    /// <summary>Sent with every call that has one; set by register, login and refresh.</summary>
    public string? AccessToken { get; set; }

    /// <summary>Makes an account and signs in to it.</summary>
    public async Task<NimbusSession> RegisterAsync(
        string email, string password, string? name = null, CancellationToken ct = default) =>
        SignedIn(await PostAsync(
            "v1/auth/register", new RegisterRequest(email, password, name),
            NimbusJson.Default.RegisterRequest, NimbusJson.Default.NimbusSession, ct));

    /// <summary>Signs in.</summary>
    public async Task<NimbusSession> LoginAsync(string email, string password, CancellationToken ct = default) =>
        SignedIn(await PostAsync(
            "v1/auth/login", new LoginRequest(email, password),
            NimbusJson.Default.LoginRequest, NimbusJson.Default.NimbusSession, ct));

    /// <summary>A new pair of tokens; the refresh token given is used up.</summary>
    public async Task<NimbusSession> RefreshAsync(string refreshToken, CancellationToken ct = default) =>
        SignedIn(await PostAsync(
            "v1/auth/refresh", new RefreshRequest(refreshToken),
            NimbusJson.Default.RefreshRequest, NimbusJson.Default.NimbusSession, ct));

    /// <summary>Ends the session and all tokens of it.</summary>
    public async Task LogoutAsync(CancellationToken ct = default)
    {
        using var request = Request(HttpMethod.Post, "v1/auth/logout");
        await SendAsync(request, ct);
        AccessToken = null;
    }

    /// <summary>A link by which its bearer sets a new password for the account, once. For administrators of the installation.</summary>
    public Task<PasswordResetLink> CreatePasswordResetAsync(string email, CancellationToken ct = default) =>
        PostAsync(
            "v1/admin/password-resets", new PasswordResetRequest(email),
            NimbusJson.Default.PasswordResetRequest, NimbusJson.Default.PasswordResetLink, ct);

    /// <summary>Seals a batch of stored secrets under the current master key. For administrators of the installation.</summary>
    public Task<ResealAnswer> ReencryptKeysAsync(CancellationToken ct = default) =>
        PostAsync(
            "v1/admin/keys/re-encrypt", new NoBody(), NimbusJson.Default.NoBody, NimbusJson.Default.ResealAnswer, ct);

    /// <summary>Makes a project, whose owner the caller is.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="description">What it is about.</param>
    /// <param name="timeZone">IANA name; none: UTC.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task<ProjectWithSecret> CreateProjectAsync(
        string name, string? description = null, string? timeZone = null, CancellationToken ct = default) =>
        PostAsync(
            "v1/projects", new CreateProjectRequest(name, description, timeZone),
            NimbusJson.Default.CreateProjectRequest, NimbusJson.Default.ProjectWithSecret, ct);

    /// <summary>The caller's projects, a page of them.</summary>
    public Task<ProjectList> ListProjectsAsync(string? cursor = null, CancellationToken ct = default) =>
        GetAsync(new QueryPath("v1/projects").With("cursor", cursor).ToString(), NimbusJson.Default.ProjectList, ct);

    /// <summary>A new key id and secret; the old ones end at once, or after the grace.</summary>
    public Task<ProjectWithSecret> RotateKeysAsync(
        Guid projectId, TimeSpan? grace = null, CancellationToken ct = default) =>
        PostAsync(
            $"v1/projects/{projectId}/rotate-keys", new RotateKeysRequest((int?)grace?.TotalSeconds),
            NimbusJson.Default.RotateKeysRequest, NimbusJson.Default.ProjectWithSecret, ct);

    /// <summary>A page of the events that could not be stored. For owners and admins, as is what follows.</summary>
    public Task<DeadLetterPage> GetDeadLettersAsync(
        Guid projectId, int? limit = null, string? cursor = null, CancellationToken ct = default) =>
        GetAsync(
            new QueryPath($"v1/projects/{projectId}/dead-letters").With("limit", limit).With("cursor", cursor).ToString(),
            NimbusJson.Default.DeadLetterPage, ct);

    /// <summary>Stores the event of a letter, or another in its place; the letter is gone once it is stored.</summary>
    /// <param name="projectId">Whose letter.</param>
    /// <param name="letterId">Which.</param>
    /// <param name="corrected">An event as <c>POST /v1/events</c> takes it; null: the event as it is.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task<ReplayAnswer> ReplayDeadLetterAsync(
        Guid projectId, Guid letterId, JsonElement? corrected = null, CancellationToken ct = default) =>
        PostAsync(
            $"v1/projects/{projectId}/dead-letters/{letterId}/replay", new ReplayRequest(corrected),
            NimbusJson.Default.ReplayRequest, NimbusJson.Default.ReplayAnswer, ct);

    /// <summary>Stores the events of a page of letters as they are.</summary>
    public Task<ReplayAnswer> ReplayDeadLettersAsync(Guid projectId, string? cursor = null, CancellationToken ct = default) =>
        PostAsync(
            new QueryPath($"v1/projects/{projectId}/dead-letters/replay").With("cursor", cursor).ToString(), new ReplayRequest(null),
            NimbusJson.Default.ReplayRequest, NimbusJson.Default.ReplayAnswer, ct);

    /// <summary>Deletes a letter.</summary>
    public async Task DeleteDeadLetterAsync(Guid projectId, Guid letterId, CancellationToken ct = default)
    {
        using var request = Request(HttpMethod.Delete, $"v1/projects/{projectId}/dead-letters/{letterId}");
        await SendAsync(request, ct);
    }

    /// <summary>Deletes all letters of the project.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> DeleteDeadLettersAsync(Guid projectId, CancellationToken ct = default)
    {
        using var request = Request(HttpMethod.Delete, $"v1/projects/{projectId}/dead-letters");
        return Understood(await SendAsync(request, ct), NimbusJson.Default.DeletedLetters).Deleted;
    }

    /// <summary>A page of events.</summary>
    public Task<EventPage> GetEventsAsync(EventQuery query, CancellationToken ct = default) =>
        GetAsync(query.ToPath(), NimbusJson.Default.EventPage, ct);

    /// <summary>Writes all events asked for to a stream, as they arrive; where it throws, what was written is incomplete.</summary>
    public async Task ExportEventsAsync(ExportQuery query, Stream destination, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        using var request = Request(HttpMethod.Get, query.ToPath());
        await ReachAsync(request, async () =>
        {
            // The time limit of the connection ends with the headers: an export may take hours.
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (!response.IsSuccessStatusCode)
                throw NimbusException.Of(response.StatusCode, await response.Content.ReadAsByteArrayAsync(ct));
            await response.Content.CopyToAsync(destination, ct);
            return true;
        }, ct);
    }

    /// <summary>A measure over buckets of time.</summary>
    public Task<MetricAnswer> GetMetricsAsync(MetricQuery query, CancellationToken ct = default) =>
        GetAsync(query.ToPath(), NimbusJson.Default.MetricAnswer, ct);

    /// <summary>Distinct people of each day, both ends included.</summary>
    public Task<DailyUsersAnswer> GetDailyUsersAsync(
        Guid projectId, DateOnly from, DateOnly to, string? timeZone = null, CancellationToken ct = default) =>
        GetAsync(
            new QueryPath("v1/stats/dau")
                .With("project_id", projectId).With("from", from).With("to", to).With("tz", timeZone).ToString(),
            NimbusJson.Default.DailyUsersAnswer, ct);

    /// <summary>The most frequent events.</summary>
    public Task<TopEventsAnswer> GetTopEventsAsync(
        Guid projectId,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        int? limit = null,
        CancellationToken ct = default) =>
        GetAsync(
            new QueryPath("v1/stats/top-events")
                .With("project_id", projectId).With("from", from).With("to", to).With("limit", limit).ToString(),
            NimbusJson.Default.TopEventsAnswer, ct);

    /// <summary>How many of those first seen in a window came back in the windows after it.</summary>
    /// <param name="projectId">Whose events.</param>
    /// <param name="startDate">A day of the first window.</param>
    /// <param name="windows">How many cohorts, and windows of each.</param>
    /// <param name="windowType"><c>daily</c>, <c>weekly</c> or <c>monthly</c>.</param>
    /// <param name="timeZone">IANA name; none: the project's.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task<RetentionAnswer> GetRetentionAsync(
        Guid projectId,
        DateOnly startDate,
        int windows,
        string windowType = "daily",
        string? timeZone = null,
        CancellationToken ct = default) =>
        GetAsync(
            new QueryPath("v1/stats/retention")
                .With("project_id", projectId).With("start_date", startDate).With("windows", windows)
                .With("window_type", windowType).With("tz", timeZone).ToString(),
            NimbusJson.Default.RetentionAnswer, ct);

    /// <summary>Closes the connections, unless they are the caller's.</summary>
    public void Dispose()
    {
        if (_ownsHttp)
            _http.Dispose();
    }

    private NimbusSession SignedIn(NimbusSession session)
    {
        AccessToken = session.AccessToken;
        return session;
    }

    private async Task<TAnswer> GetAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answer, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Get, path);
        return Understood(await SendAsync(request, ct), answer);
    }

    private async Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Post, path);
        request.Content = JsonContent.Create(body, bodyType);
        return Understood(await SendAsync(request, ct), answer);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, NimbusHttp.Address(_http, path));
        if (AccessToken is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken ct) => ReachAsync(request, async () =>
    {
        using var response = await _http.SendAsync(request, ct);
        var content = await response.Content.ReadAsByteArrayAsync(ct);
        return response.IsSuccessStatusCode ? new Answer(response.StatusCode, content) : throw NimbusException.Of(response.StatusCode, content);
    }, ct);

    private static async Task<T> ReachAsync<T>(HttpRequestMessage request, Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var reason = $"no connection to {request.RequestUri!.Authority}: {e.GetBaseException().Message}";
            throw new NimbusException(reason, null, null, null, e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new NimbusException($"no answer from {request.RequestUri!.Authority} in time", null, null, null, e);
        }
    }

    private static TAnswer Understood<TAnswer>(Answer answer, JsonTypeInfo<TAnswer> type)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Content, type) ?? throw new JsonException("null is no answer.");
        }
        catch (JsonException e)
        {
            throw NimbusException.NotUnderstood(answer.Status, e);
        }
    }

    private readonly record struct Answer(HttpStatusCode Status, byte[] Content);
}
