using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.IngestService;

/// <summary>Calls of eventsdb on behalf of a request.</summary>
internal static class DatabaseCalls
{
    /// <exception cref="ProblemException">503 <c>database_unavailable</c>: nothing was done, and trying again may help.</exception>
    public static async Task<T> AnswerAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            throw new ProblemException(503, "database_busy", "The events database took too long. Nothing was done; try again.");
        }
        catch (Exception away) when (away is NpgsqlException { IsTransient: true } or IOException or TimeoutException
            or PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn })
        {
            // Missing tables are those that the writer has not made yet.
            throw new ProblemException(503, "database_unavailable", "The events database cannot be reached. Try again.");
        }
    }
}
