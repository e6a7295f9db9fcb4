using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Local;

/// <summary>What people see of a run: each line led by the name of the resource that said it.</summary>
internal abstract class Terminal
{
    /// <summary>A line of a resource's own output.</summary>
    public abstract void Line(string resource, string line);

    /// <summary>What the AppHost itself has to say.</summary>
    public abstract void Say(string line);
}

/// <summary>The console, in colours where it is a terminal and NO_COLOR is not set.</summary>
internal sealed class ConsoleTerminal(int nameWidth) : Terminal
{
    private const string Plain = "\e[0m";
    private const string Strong = "\e[1m";

    private static readonly string[] Colours = ["\e[36m", "\e[33m", "\e[32m", "\e[35m", "\e[34m", "\e[96m", "\e[93m", "\e[92m"];

    private readonly bool coloured =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly Lock gate = new();
    private readonly Dictionary<string, string> colours = [];

    public override void Line(string resource, string line)
    {
        lock (gate)
        {
            var name = resource.PadRight(nameWidth);
            if (!colours.TryGetValue(resource, out var colour))
                colours[resource] = colour = Colours[colours.Count % Colours.Length];
            Console.WriteLine(coloured ? $"{colour}{name} |{Plain} {line}" : $"{name} | {line}");
        }
    }

    public override void Say(string line)
    {
        lock (gate) Console.WriteLine(coloured ? Strong + line + Plain : line);
    }
}

/// <summary>The log of a test, a category for each resource.</summary>
internal sealed class LoggedTerminal(ILoggerFactory loggers, string application) : Terminal
{
    public override void Line(string resource, string line) =>
        Write(loggers.CreateLogger($"{application}.Resources.{resource}"), line);

    public override void Say(string line) => Write(loggers.CreateLogger(application), line);

#pragma warning disable CA1848, CA2254 // A line of somebody else's output is no template of ours.
    private static void Write(ILogger logger, string line) => logger.Log(LogLevel.Information, 0, line, null, (text, _) => text);
#pragma warning restore CA1848, CA2254
}
