using System.IO.Compression;
using Microsoft.AspNetCore.Http.Features;

namespace Nimbus.IngestService.Capture;

/// <summary>Reads and inflates bodies within bounds.</summary>
internal static class RequestBody
{
    /// <summary>The body's bytes exactly as sent.</summary>
    /// <exception cref="RefusedException">It is larger than <paramref name="maxBytes"/>.</exception>
    public static async Task<PooledBytes> ReadAsync(HttpRequest request, int maxBytes, CancellationToken ct)
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        // The server's own limit is another one, and does not know our words for it.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;

        var body = new PooledBytes((int)(request.ContentLength ?? 0) + 1, maxBytes);
        try
        {
            while (await request.Body.ReadAsync(body.Free(), ct) is > 0 and var read)
            {
                body.Advance(read);
                if (body.IsPastLimit)
                    throw TooLarge(maxBytes);
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The body without its compression. Inflating ends where it passes <paramref name="maxBytes"/>.</summary>
    /// <param name="encoding">The header Content-Encoding.</param>
    /// <returns><paramref name="body"/> itself where it is not compressed.</returns>
    /// <exception cref="RefusedException">Too large, another encoding, or no such data.</exception>
    public static PooledBytes Inflate(PooledBytes body, string? encoding, int maxBytes)
    {
        using var inflating = Inflating(body, encoding?.Trim().ToLowerInvariant());
        if (inflating is null)
            return body;
        var inflated = new PooledBytes((int)Math.Min(body.Length * 4L, maxBytes), maxBytes);
        try
        {
            while (inflating.Read(inflated.Free().Span) is > 0 and var read)
            {
                inflated.Advance(read);
                if (inflated.IsPastLimit)
                    throw RefusedException.TooLarge($"The body is larger than {maxBytes} bytes after decompression.");
            }
            return inflated;
        }
        catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException or IOException)
        {
            inflated.Dispose();
            throw new RefusedException(
                StatusCodes.Status400BadRequest, "invalid_encoding", $"The body is not the {encoding} data its header announces.");
        }
        catch
        {
            inflated.Dispose();
            throw;
        }
    }

    private static Stream? Inflating(PooledBytes body, string? encoding) => encoding switch
    {
        null or "" or "identity" => null,
        "gzip" or "x-gzip" => new GZipStream(body.AsStream(), CompressionMode.Decompress),
        "br" => new BrotliStream(body.AsStream(), CompressionMode.Decompress),
        // The standard means zlib's format by it, and some clients send it bare.
        "deflate" when HasZLibHeader(body.Memory.Span) => new ZLibStream(body.AsStream(), CompressionMode.Decompress),
        "deflate" => new DeflateStream(body.AsStream(), CompressionMode.Decompress),
        _ => throw new RefusedException(
            StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Content-Encoding must be gzip, br or deflate."),
    };

    private static bool HasZLibHeader(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] << 8) | body[1]) % 31 == 0;

    private static RefusedException TooLarge(int maxBytes) =>
        RefusedException.TooLarge($"The body is larger than {maxBytes} bytes.");
}
