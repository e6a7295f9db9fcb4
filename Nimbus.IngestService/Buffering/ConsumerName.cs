using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Nimbus.IngestService.Buffering;

/// <summary>
/// The name of one reader in the consumer group: machine, process id, start time of the process, lane. From it another
/// process of the same machine knows for certain when this one is gone, and need not wait for its entries to grow old.
/// </summary>
internal sealed record ConsumerName(string Machine, int ProcessId, long StartedAt, int Lane)
{
    private const char Separator = '/';

    public static ConsumerName Of(int lane)
    {
        using var process = Process.GetCurrentProcess();
        return new ConsumerName(Environment.MachineName, process.Id, process.StartTime.ToUniversalTime().Ticks, lane);
    }

    public static ConsumerName? Parse(string text) =>
        text.Split(Separator) is [var machine, var process, var started, var lane]
        && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
        && long.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var startedAt)
        && int.TryParse(lane, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new ConsumerName(machine, processId, startedAt, number)
            : null;

    /// <summary>Whether its process ran on this machine and does no longer.</summary>
    public bool IsSurelyGone()
    {
        // Containers share ids of processes but not the name of the machine.
        if (Machine != Environment.MachineName)
            return false;
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            // Start times are read from the clock of the machine, which may be set in between.
            return Math.Abs(process.StartTime.ToUniversalTime().Ticks - StartedAt) > TimeSpan.TicksPerMinute;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Machine}{Separator}{ProcessId}{Separator}{StartedAt}{Separator}{Lane}");
}
