using Npgsql;

namespace Nimbus.Events;

/// <summary>Gets past connections that died with the server, which may long be back: a pool does not know.</summary>
public static class LiveConnections
{
    /// <summary>Does the first thing over a connection, which may be done twice: the second time over a new one.</summary>
    public static async Task<T> FirstAsync<T>(this NpgsqlDataSource database, Func<Task<T>> first)
    {
        try
        {
            return await first();
        }
        catch (NpgsqlException dead) when (dead.IsTransient)
        {
            database.Clear();
            return await first();
        }
    }

    /// <summary>A connection that has just answered.</summary>
    public static Task<NpgsqlConnection> OpenLiveAsync(this NpgsqlDataSource database, CancellationToken ct) =>
        database.FirstAsync(async () =>
        {
            var connection = await database.OpenConnectionAsync(ct);
            try
            {
                await using var alive = new NpgsqlCommand("SELECT 1", connection);
                await alive.ExecuteScalarAsync(ct);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        });
}
