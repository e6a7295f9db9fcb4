using StackExchange.Redis;

namespace Nimbus.IdentityService.Projects;

/// <summary>Tells every node that a project, or who its members are, has changed, so that it asks again.</summary>
public sealed partial class ProjectAnnouncements(IConnectionMultiplexer redis, ILogger<ProjectAnnouncements> log)
{
    private static readonly RedisChannel ProjectChanged = new("nimbus:project-changed", RedisChannel.PatternMode.Literal);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Best effort: with Redis away, nodes ask again when what they cached is 30 s old.</summary>
    public async Task ChangedAsync(Guid projectId)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(ProjectChanged, projectId.ToString("D")).WaitAsync(Patience);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            LogNotAnnounced(projectId, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis did not take the change of project {ProjectId}")]
    private partial void LogNotAnnounced(Guid projectId, Exception failure);
}
