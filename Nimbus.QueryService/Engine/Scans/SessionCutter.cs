namespace Nimbus.QueryService.Engine.Scans;

/// <summary>Says of each event, in order of time, whether it starts a session of its person (docs/metrics.md#sessions).</summary>
/// <remarks>To be shown every event of the people, before any filter.</remarks>
internal sealed class SessionCutter(int people)
{
    /// <summary>A gap longer than this ends a session.</summary>
    public const long GapMs = 30 * 60_000;

    /// <summary>What a person takes in memory.</summary>
    public const int BytesPerPerson = sizeof(long) + sizeof(int);

    // Times are kept plus one and from the first on, so that 0 is none.
    private readonly long[] _last = new long[people];
    private readonly int[] _ids = new int[people];
    private long _origin = long.MinValue;

    /// <param name="sessionId">The code of the client's session id, 0 without one; that changes nothing.</param>
    public bool Starts(int person, long time, int sessionId)
    {
        if (_origin == long.MinValue) _origin = time - 1;
        var now = time - _origin;
        var last = _last[person];
        _last[person] = now;
        var starts = last == 0 || now - last > GapMs || (sessionId != 0 && _ids[person] != 0 && sessionId != _ids[person]);
        if (starts) _ids[person] = sessionId;
        else if (sessionId != 0) _ids[person] = sessionId;
        return starts;
    }

    /// <summary>The column of the client's session id, where events have one.</summary>
    public static PropertyColumn? IdColumn(ProjectSnapshot snapshot)
    {
        foreach (var source in (PropertySource[])[PropertySource.Context, PropertySource.Props])
            foreach (var key in (string[])["$session_id", "session_id"])
                if (snapshot.Properties.Contains(new PropertyKey(source, key))) return snapshot.Column(source, key);
        return null;
    }
}
