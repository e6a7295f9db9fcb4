using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;

namespace Nimbus.QueryService.Querying;

/// <summary>A question whose answer can be kept.</summary>
/// <param name="Text">All that is asked, range and time zone resolved; null where the answer depends on more than the project.</param>
/// <param name="IsFresh">The caller wants it computed anew (<c>Cache-Control: no-cache</c>).</param>
public sealed record Question(string Kind, Guid ProjectId, string? Text = null, bool IsFresh = false)
{
    /// <summary>The traits and cohorts that it looks at.</summary>
    public IReadOnlyCollection<PropertyKey> OfPeople { get; init; } = [];
}

/// <summary>Whole answers, good as long as their project does not change.</summary>
/// <remarks>
/// Whatever changes an answer moves the project's sequence number: events, links, undoing, deletion, cohorts. An answer is
/// given again only at the number it was computed at. The time-zone database is that of the process.
/// </remarks>
public sealed class AnswerCache
{
    // Objects take more room than their text.
    private const int BytesPerCharacter = 4;

    private readonly BoundedCache<(string Kind, Guid ProjectId, string Text), Kept> _answers;
    private readonly QueryMetrics _metrics;
    private readonly JsonSerializerOptions _json;

    public AnswerCache(IOptions<QueryLimits> limits, QueryMetrics metrics, IOptions<JsonOptions> json)
    {
        (_answers, _metrics, _json) = (new(limits.Value.AnswerCacheBytes), metrics, json.Value.SerializerOptions);
        metrics.WatchCache("answers", () => _answers.Bytes);
    }

    public TResult? Find<TResult>(Question question, ProjectSnapshot snapshot) where TResult : InsightResult
    {
        if (question.Text is null || question.IsFresh) return null;
        var isKept = _answers.TryGet(Key(question), out var kept) && kept.Version == Version(snapshot);
        _metrics.CountLookup("answers", isKept);
        return isKept ? (TResult)kept!.Answer : null;
    }

    public void Keep(Question question, ProjectSnapshot snapshot, InsightResult answer)
    {
        if (question.Text is null || question.IsFresh) return;
        using var counter = new CountingStream();
        JsonSerializer.Serialize(counter, answer, answer.GetType(), _json);
        _answers.Set(Key(question), new(Version(snapshot), answer), (counter.Length + question.Text.Length) * BytesPerCharacter);
    }

    private static (string, Guid, string) Key(Question question) => (question.Kind, question.ProjectId, question.Text!);

    private static (long, long) Version(ProjectSnapshot snapshot) => (snapshot.Watermark, snapshot.People.Version);

    private sealed record Kept((long, long) Version, InsightResult Answer);

    /// <summary>Counts what is written to it.</summary>
    private sealed class CountingStream : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position { get => _length; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
