using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogLines
{
    private readonly ConcurrentQueue<Line> lines = new();

    public IEnumerable<Line> Lines => lines;

    public ILoggerProvider Provider() => new Keeper(lines);

    internal sealed record Line(LogLevel Level, string Text, Exception? Exception, string? TraceId);

    private sealed class Keeper(ConcurrentQueue<Line> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new Line(logLevel, formatter(state, exception), exception, Activity.Current?.TraceId.ToHexString()));

        public void Dispose()
        {
        }
    }
}
