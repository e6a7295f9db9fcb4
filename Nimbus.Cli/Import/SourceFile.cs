using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Nimbus.Cli.Import;

/// <summary>The file to import, compressed or not, and how far into it reading has come.</summary>
internal sealed class SourceFile : IDisposable
{
    private const int EdgeBytes = 64 << 10;

    private readonly FileStream _file;

    private SourceFile(FileStream file, SourceIdentity identity)
    {
        _file = file;
        Identity = identity;
        Text = new StreamReader(IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file, Encoding.UTF8, true, 64 << 10);
    }

    /// <summary>What the file holds, decompressed; a byte order mark is passed over.</summary>
    public StreamReader Text { get; }

    public SourceIdentity Identity { get; }

    /// <summary>Share of the file's bytes read so far, 0 to 1.</summary>
    public double Fraction => _file.Length == 0 ? 1 : (double)_file.Position / _file.Length;

    /// <exception cref="CliException">There is no such file.</exception>
    public static SourceFile Open(string path)
    {
        if (!File.Exists(path))
            throw new CliException($"there is no file {path}.");
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10);
        return new SourceFile(file, Identify(file, File.GetLastWriteTimeUtc(path)));
    }

    public void Dispose() => Text.Dispose();

    // Its two ends, its size and its time: reading a file of many gigabytes twice would cost more than it tells.
    private static SourceIdentity Identify(FileStream file, DateTime modifiedAt)
    {
        var ends = new byte[2 * EdgeBytes];
        var read = file.ReadAtLeast(ends.AsSpan(0, EdgeBytes), EdgeBytes, throwOnEndOfStream: false);
        file.Position = Math.Max(0, file.Length - EdgeBytes);
        read += file.ReadAtLeast(ends.AsSpan(read, EdgeBytes), EdgeBytes, throwOnEndOfStream: false);
        file.Position = 0;
        return new SourceIdentity(file.Length, modifiedAt, Convert.ToHexStringLower(SHA256.HashData(ends.AsSpan(0, read))));
    }

    private static bool IsGzip(FileStream file)
    {
        var gzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return gzip;
    }
}

/// <summary>Tells a file from another, or from itself before it was changed.</summary>
/// <param name="EdgesSha256">Of its first and last 64 KiB.</param>
internal sealed record SourceIdentity(long Bytes, DateTime ModifiedAt, string EdgesSha256);
