using System.Diagnostics;
using Nimbus.Benchmarks.Query;
using Nimbus.Events;
using Nimbus.QueryService.Engine;

namespace Nimbus.Benchmarks.Scans;

/// <summary>A data set in segments, as the engine keeps it.</summary>
internal sealed class ScannedProject : IDisposable
{
    private const int EventsAtATime = 250_000;

    private readonly ProjectEvents _events;

    /// <param name="path">A folder of its own; its segments are mapped where they are there already.</param>
    public ScannedProject(DataSet data, string path, Guid epoch, bool merged)
    {
        var begun = Stopwatch.GetTimestamp();
        if (Load(path, epoch) is { } loaded)
        {
            _events = loaded;
            Made = $"Mapped in {Stopwatch.GetElapsedTime(begun).TotalSeconds:N1} s";
        }
        else
        {
            var folder = new ProjectFolder(path);
            folder.Clear();
            _events = new ProjectEvents(folder, new EngineOptions());
            var seconds = Make(data);
            _events.Watermark = 1;
            folder.Save(_events, epoch);
            Made = $"Made at {data.Events / seconds:N0} events/s, {new DirectoryInfo(path).EnumerateFiles().Sum(file => file.Length) / (double)data.Events:N1} bytes an event";
        }
        for (var name = 0; name < DataSet.Names.Length; name++) _events.SetName(name + 1, DataSet.Names[name]);
        for (long key = 1; key <= data.People; key++)
            if (_events.People.Find(key) >= 0)
                _events.People.Set(key, Guid.CreateVersion7(), merged && key % 5 == 0 && _events.People.Find(key - 1) >= 0 ? key - 1 : key, DataSet.FromMs);
    }

    /// <summary>How it came to be, in words.</summary>
    public string Made { get; }

    public ProjectSnapshot Open() => new(_events.ToState());

    public void Dispose() => _events.Close();

    // Null where there is nothing, or what another version of the engine has left.
    private static ProjectEvents? Load(string path, Guid epoch)
    {
        var folder = new ProjectFolder(path);
        var events = new ProjectEvents(folder, new EngineOptions());
        try
        {
            if (Directory.Exists(path) && folder.Load(events, epoch)) return events;
        }
        catch (InvalidDataException)
        {
        }
        events.Close();
        return null;
    }

    // The engine's share of building: what PostgreSQL and the network take is not in it, nor is making up the events.
    private double Make(DataSet data)
    {
        var made = new MadeEvents(data);
        var rows = new RowBuffer();
        var building = new Stopwatch();
        var batch = new List<(long Ms, int Name, int Person, int Start, int Length)>();
        var props = new byte[EventsAtATime * 256];
        for (var more = true; more;)
        {
            (batch, var used) = ([], 0);
            while (batch.Count < EventsAtATime && (more = made.Next()))
            {
                made.Props.CopyTo(props.AsSpan(used));
                batch.Add((made.TimeMs, made.Name + 1, made.Person + 1, used, made.Props.Length));
                used += made.Props.Length;
            }
            building.Start();
            rows.Clear();
            foreach (var (ms, name, person, start, length) in batch)
            {
                var dense = _events.People.Dense(person);
                _events.People.See(dense, ms);
                rows.Add(ms, name, dense, EventFlags.Of(EventType.Track, isAnonymous: false), null);
                _events.Properties.Read(props.AsSpan(start, length), PropertySource.Props, rows);
            }
            _events.Add(rows);
            if (batch.Count > 0) _events.Tidy(batch[^1].Ms);
            building.Stop();
        }
        return building.Elapsed.TotalSeconds;
    }
}
