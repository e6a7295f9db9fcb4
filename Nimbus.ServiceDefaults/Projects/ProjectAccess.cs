using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Who may see which project: asks the identity service and remembers its answer for 30 seconds, or until it says that
/// the project has changed. While identity is away, members it has named within the last 15 minutes go on working.
/// </summary>
public sealed partial class ProjectAccess
{
    /// <summary>The HTTP client's name and the service's.</summary>
    internal const string Identity = "identity";

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Usable = TimeSpan.FromMinutes(15);

    // Bounds memory; asking again is all that a dropped answer costs.
    private const int MaxAnswers = 50_000;

    private readonly ConcurrentDictionary<(Guid Project, Guid User), Answer> answers = new();
    private readonly IHttpClientFactory clients;
    private readonly TimeProvider time;
    private readonly ILogger<ProjectAccess> logger;
    private long changes;

    /// <summary>Made by <c>builder.AddProjectAccess()</c>.</summary>
    public ProjectAccess(IHttpClientFactory clients, TimeProvider time, ILogger<ProjectAccess> logger)
    {
        this.clients = clients;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>The user's membership; null when there is none or no such project (404 <c>project_not_found</c> to the caller).</summary>
    /// <exception cref="ProblemException">503 <c>identity_unavailable</c>: identity cannot be asked and has not answered lately.</exception>
    public async Task<ProjectMember?> FindAsync(Guid projectId, Guid userId, CancellationToken ct)
    {
        var key = (projectId, userId);
        var known = answers.GetValueOrDefault(key);
        if (known is not null && time.GetUtcNow() - known.At < Fresh)
            return known.Member;

        // TRICKY: an answer that was under way while the project changed may be the old one; it is given but not kept.
        var changesBefore = Interlocked.Read(ref changes);
        try
        {
            var member = await AskAsync(projectId, userId, ct);
            if (changesBefore == Interlocked.Read(ref changes))
                Keep(key, new Answer(member, time.GetUtcNow()));
            return member;
        }
        catch (Exception failure) when (IsAway(failure, ct))
        {
            LogIdentityAway(failure.GetType().Name);
            if (known is { Member: { } member } && answers.ContainsKey(key) && time.GetUtcNow() - known.At < Usable)
                return member;
            throw new ProblemException(503, "identity_unavailable", "Who may see this project cannot be found out right now.");
        }
    }

    /// <summary>Forgets what is known of a project's members.</summary>
    internal void Drop(Guid projectId)
    {
        Interlocked.Increment(ref changes);
        foreach (var key in answers.Keys)
            if (key.Project == projectId)
                answers.TryRemove(key, out _);
    }

    /// <summary>Forgets everything: messages may have been missed.</summary>
    internal void DropAll()
    {
        Interlocked.Increment(ref changes);
        answers.Clear();
    }

    private async Task<ProjectMember?> AskAsync(Guid projectId, Guid userId, CancellationToken ct)
    {
        using var response = await clients.CreateClient(Identity)
            .GetAsync(new Uri($"/internal/projects/{projectId:D}/members/{userId:D}", UriKind.Relative), ct);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<ProjectMember>(JsonConventions.Options, ct)
            ?? throw new JsonException("The identity service answered null.");
    }

    private void Keep((Guid, Guid) key, Answer answer)
    {
        if (answers.Count >= MaxAnswers)
            answers.Clear();
        answers[key] = answer;
    }

    /// <summary>Anything that the call can end with, our own cancellation apart: refused, slow, broken off, circuit open.</summary>
    private static bool IsAway(Exception failure, CancellationToken ct) =>
        !ct.IsCancellationRequested && failure is not ProblemException;

    private sealed record Answer(ProjectMember? Member, DateTimeOffset At);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity service cannot be asked about members ({Failure})")]
    private partial void LogIdentityAway(string failure);
}
