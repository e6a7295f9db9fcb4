namespace Aspire.Hosting.Servers;

/// <summary>A file that one process at a time holds: the lock goes with the process, however it ends.</summary>
internal static class ExclusiveFile
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until the file is free, and holds it until the stream is disposed.</summary>
    public static async Task<FileStream> OpenAsync(string path, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            // Another holder gives a plain IOException; its subclasses say that the path itself is no good.
            catch (IOException held) when (held.GetType() == typeof(IOException))
            {
                await Task.Delay(Pause, ct);
            }
        }
    }
}
