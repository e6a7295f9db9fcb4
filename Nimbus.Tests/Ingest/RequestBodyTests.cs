using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Nimbus.IngestService.Capture;

namespace Nimbus.Tests.Ingest;

public class RequestBodyTests
{
    private const int Limit = 1 << 20;

    private static async Task<PooledBytes> BodyAsync(byte[] bytes, int limit = Limit)
    {
        var http = new DefaultHttpContext { Request = { Body = new MemoryStream(bytes) } };
        return await RequestBody.ReadAsync(http.Request, limit, CancellationToken.None);
    }

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> compression)
    {
        using var compressed = new MemoryStream();
        using (var stream = compression(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    private static Stream CompressionOf(string encoding, Stream stream) => encoding switch
    {
        "gzip" => new GZipStream(stream, CompressionLevel.Fastest),
        "br" => new BrotliStream(stream, CompressionLevel.Fastest),
        "deflate" => new ZLibStream(stream, CompressionLevel.Fastest),
        _ => new DeflateStream(stream, CompressionLevel.Fastest),
    };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(Limit)]
    public async Task A_body_up_to_the_limit_is_read_whole(int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        using var body = await BodyAsync(bytes);
        Assert.True(body.Memory.Span.SequenceEqual(bytes));
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(3 * Limit)]
    public async Task A_body_past_the_limit_is_too_large(int length)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => BodyAsync(new byte[length]));
        Assert.Equal((413, "too_large"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("deflate", "deflate")]
    [InlineData("deflate", "bare")]
    [InlineData("GZIP", "gzip")]
    public async Task Compressed_bodies_are_inflated(string header, string form)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000)));
        using var body = await BodyAsync(Compress(bytes, stream => CompressionOf(form, stream)));
        using var inflated = RequestBody.Inflate(body, header, Limit);
        Assert.True(inflated.Memory.Span.SequenceEqual(bytes));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_bomb_is_refused_at_the_limit(string encoding)
    {
        // Zeros shrink a thousandfold: 64 MiB of them fit into a body of less than one.
        using var body = await BodyAsync(Compress(new byte[64 << 20], stream => CompressionOf(encoding, stream)));
        var refused = Assert.Throws<RefusedException>(() => RequestBody.Inflate(body, encoding, Limit));
        Assert.Equal((413, "too_large"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task What_is_not_compressed_as_announced_is_refused(string encoding)
    {
        using var body = await BodyAsync(Encoding.UTF8.GetBytes("{\"events\":[]} and no compression at all"));
        var refused = Assert.Throws<RefusedException>(() => RequestBody.Inflate(body, encoding, Limit));
        Assert.Equal((400, "invalid_encoding"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    public async Task Other_encodings_are_unsupported(string encoding)
    {
        using var body = await BodyAsync([1, 2, 3]);
        Assert.Equal(415, Assert.Throws<RefusedException>(() => RequestBody.Inflate(body, encoding, Limit)).Status);
    }
}
