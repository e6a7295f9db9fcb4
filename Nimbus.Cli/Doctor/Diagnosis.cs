namespace Nimbus.Cli.Doctor;

/// <summary>What the checks of one area find.</summary>
internal sealed class Diagnosis(string area)
{
    private static readonly TimeSpan NoticedSkew = TimeSpan.FromSeconds(5);

    // Signatures are refused past five minutes, and events from the future are put right by the difference.
    private static readonly TimeSpan WrongSkew = TimeSpan.FromSeconds(60);

    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    public void Ok(string what) => _findings.Add(new(area, FindingState.Ok, what));

    public void Unknown(string what, string? remedy = null) => _findings.Add(new(area, FindingState.Unknown, what, remedy));

    public void Warn(string what, string remedy) => _findings.Add(new(area, FindingState.Warning, what, remedy));

    public void Fault(string what, string remedy) => _findings.Add(new(area, FindingState.Fault, what, remedy));

    /// <summary>Compares a clock that was read between the two moments with ours.</summary>
    public void Clock(DateTimeOffset theirs, DateTimeOffset before, DateTimeOffset after)
    {
        var skew = theirs < before ? before - theirs : theirs > after ? theirs - after : TimeSpan.Zero;
        const string Remedy = "Let a time service (chrony, systemd-timesyncd) keep both clocks: signed requests are refused beyond five minutes.";
        if (skew > WrongSkew)
            Fault($"its clock and the one here differ by {skew.TotalSeconds:0} s", Remedy);
        else if (skew > NoticedSkew)
            Warn($"its clock and the one here differ by {skew.TotalSeconds:0} s", Remedy);
    }

    /// <summary>Looks at the room on the disk that a folder is on, where it is on this machine.</summary>
    public void Disk(string folder, string what)
    {
        DriveInfo drive;
        try
        {
            drive = new DriveInfo(Path.GetFullPath(folder));
            _ = drive.AvailableFreeSpace;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return;
        }
        const double Giga = 1 << 30;
        var (free, share) = (drive.AvailableFreeSpace / Giga, drive.AvailableFreeSpace / (double)Math.Max(1, drive.TotalSize));
        var found = $"{what} has {free:0.0} GiB free ({share:P0} of its disk)";
        const string Remedy = "Make room or give it a larger disk: what cannot be written stands still, and Redis ends.";
        if (free < 1 || share < 0.02)
            Fault(found, Remedy);
        else if (share < 0.1 && free < 20)
            Warn(found, Remedy);
        else
            Ok(found);
    }
}
