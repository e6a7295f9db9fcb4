using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nimbus.Cli.Import;

/// <summary>Shows an import while it runs: a bar on a terminal, a line now and then anywhere else.</summary>
internal static class ImportDisplay
{
    private static readonly TimeSpan FrameEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    public static async Task ShowAsync(Task import, ImportProgress progress, TextWriter error)
    {
        if (ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected)
            await ShowBarAsync(import, progress, error);
        else
            await ShowLinesAsync(import, progress, error);
    }

    public static string Line(ImportSnapshot now)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{now.Fraction * 100,3:N0}%  {now.Rows:N0} rows  {now.RowsPerSecond:N0}/s{Left(now)}");
        return now.Notice is null ? text : $"{text}  waiting: {now.Notice}";
    }

    private static string Left(ImportSnapshot now) =>
        now.Left is { } left && left < TimeSpan.FromDays(99) ? $"  {left:g} left" : "";

    private static async Task ShowLinesAsync(Task import, ImportProgress progress, TextWriter error)
    {
        while (true)
        {
            await Task.WhenAny(import, Task.Delay(LineEvery));
            if (import.IsCompleted)
                return;
            await error.WriteLineAsync(Line(progress.Read()));
        }
    }

    private static Task ShowBarAsync(Task import, ImportProgress progress, TextWriter error)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        var bar = console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TextColumn(progress));
        return bar.StartAsync(async context =>
        {
            var task = context.AddTask("import", maxValue: 1);
            while (!import.IsCompleted)
            {
                task.Value = progress.Read().Fraction;
                await Task.WhenAny(import, Task.Delay(FrameEvery));
            }
            task.Value = progress.Read().Fraction;
        });
    }

    private sealed class TextColumn(ImportProgress progress) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var now = progress.Read();
            var text = string.Create(CultureInfo.InvariantCulture, $"{now.Rows:N0} rows  {now.RowsPerSecond:N0}/s{Left(now)}");
            var notice = now.Notice is null ? "" : $"  [yellow]waiting: {Markup.Escape(now.Notice)}[/]";
            return new Markup(text + notice).Overflow(Overflow.Ellipsis);
        }
    }
}
