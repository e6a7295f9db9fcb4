using System.Globalization;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// The files of one project. The manifest says which of them count; it is written last, so a stop at any moment leaves the state
/// before or after. What is on disk is everything but the tail, as of the manifest's watermark.
/// </summary>
internal sealed class ProjectFolder(string path)
{
    private const string ManifestName = "manifest";

    // What was learnt since the last save goes into a file of its own; this many of them become one.
    private const int MaxTerms = 16;

    private readonly List<string> _terms = [];
    private readonly List<int> _savedValues = [];
    private List<string> _obsolete = [];
    private int _savedPeople;
    private int _fileNumber;

    private static ReadOnlySpan<byte> ManifestKind => "NIMMAN02"u8;

    private static ReadOnlySpan<byte> TermsKind => "NIMTRM01"u8;

    public string Path => path;

    /// <summary>A path for a new file.</summary>
    public string NewPath(string kind) =>
        System.IO.Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{kind}-{_fileNumber++:D6}"));

    /// <summary>What the next manifest does not name any more.</summary>
    public void Obsolete(string file) => _obsolete.Add(file);

    /// <summary>Has the next save write every dictionary anew, so that nothing is left of what they lost.</summary>
    public void ForgetTerms()
    {
        _obsolete.AddRange(_terms);
        _terms.Clear();
        _savedValues.Clear();
        _savedPeople = 0;
    }

    public void Save(ProjectEvents project, Guid epoch)
    {
        foreach (var segment in project.Segments.Where(segment => segment.Unsaved.Count > 0))
        {
            var file = NewPath("late");
            var blocks = segment.Unsaved.Settle().Select(block => new EventBlock(block, 0, block.Count, block.FirstMs, block.LastMs));
            SegmentWriter.Write(file, blocks, new CodeWriter(project.Columns));
            segment.Saved(file);
        }
        if (_terms.Count >= MaxTerms)
            ForgetTerms();
        SaveTerms(project);
        EngineFile.Write(System.IO.Path.Combine(path, ManifestName), ManifestKind, stream =>
        {
            using var output = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            output.Write(epoch.ToByteArray());
            output.Write(project.Watermark);
            output.Write(project.Columns.IsFull);
            output.Write(_terms.Count);
            foreach (var file in _terms)
                output.Write(System.IO.Path.GetFileName(file));
            output.Write(project.Segments.Count);
            foreach (var segment in project.Segments)
            {
                output.Write(System.IO.Path.GetFileName(segment.File.Path));
                output.Write(segment.EndMs);
                output.Write(segment.Deltas.Count);
                foreach (var delta in segment.Deltas)
                    output.Write(System.IO.Path.GetFileName(delta));
            }
        });
        foreach (var file in _obsolete)
            File.Delete(file);
        _obsolete = [];
    }

    /// <summary>Fills an empty project with what was saved.</summary>
    /// <returns>False, and nothing is changed, where nothing was saved, or in another epoch.</returns>
    /// <exception cref="InvalidDataException">A file is missing or is not what was written.</exception>
    public bool Load(ProjectEvents project, Guid epoch)
    {
        var manifest = System.IO.Path.Combine(path, ManifestName);
        if (!File.Exists(manifest))
            return false;
        try
        {
            using var input = EngineFile.Read(manifest, ManifestKind);
            if (new Guid(input.ReadBytes(16)) != epoch)
                return false;
            var known = new HashSet<string> { manifest };
            project.Watermark = input.ReadInt64();
            var isFull = input.ReadBoolean();
            for (var left = input.ReadInt32(); left > 0; left--)
                LoadTerms(Known(input.ReadString()), project);
            if (isFull)
                project.Columns.SetFull();
            for (var left = input.ReadInt32(); left > 0; left--)
            {
                var segment = new Segment(SegmentFile.Open(Known(input.ReadString())), input.ReadInt64());
                project.Segments.Add(segment);
                for (var deltas = input.ReadInt32(); deltas > 0; deltas--)
                    LoadDelta(Known(input.ReadString()), segment);
            }
            // What a stop in the middle left behind.
            foreach (var stray in Directory.GetFiles(path).Where(file => !known.Contains(file)))
                File.Delete(stray);
            return true;

            string Known(string name)
            {
                var file = System.IO.Path.Combine(path, System.IO.Path.GetFileName(name));
                known.Add(file);
                if (int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), CultureInfo.InvariantCulture, out var number))
                    _fileNumber = Math.Max(_fileNumber, number + 1);
                return file;
            }
        }
        catch (Exception broken) when (broken is IOException or ArgumentException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{path} is not what was written: {broken.Message}", broken);
        }
    }

    /// <summary>Deletes all files.</summary>
    public void Clear()
    {
        ForgetTerms();
        _obsolete = [];
        Directory.CreateDirectory(path);
        // The manifest first: without it the others count for nothing.
        File.Delete(System.IO.Path.Combine(path, ManifestName));
        foreach (var file in Directory.GetFiles(path))
            File.Delete(file);
    }

    private static void LoadDelta(string file, Segment segment)
    {
        var delta = SegmentFile.Open(file);
        foreach (var block in delta.Blocks)
            segment.Add(MemoryBlock.Of(block, 0, block.Count), isSaved: true);
        segment.Deltas.Add(file);
        delta.LetGo();
    }

    /// <summary>Saves the ids and the values that files name and no saved terms have.</summary>
    private void SaveTerms(ProjectEvents project)
    {
        var columns = Enumerable.Range(0, project.Columns.Count).ToList();
        var grown = columns.Where(id => id >= _savedValues.Count || project.Columns[id].FiledCount > _savedValues[id]).ToList();
        if (grown.Count == 0 && project.People.Count == _savedPeople)
            return;
        var file = NewPath("terms");
        EngineFile.Write(file, TermsKind, stream =>
        {
            using var output = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            output.Write(project.People.Count - _savedPeople);
            foreach (var key in project.People.Keys[_savedPeople..])
                output.Write(key);
            output.Write(grown.Count);
            foreach (var id in grown)
            {
                var column = project.Columns[id];
                var from = id < _savedValues.Count ? _savedValues[id] : 1;
                output.Write((byte)column.Key.Source);
                output.Write(column.Key.Key);
                output.Write(column.FiledCount - from);
                for (var code = from; code < column.FiledCount; code++)
                {
                    output.Write((byte)column.Values[code].Kind);
                    output.Write(column.Values[code].Text);
                }
            }
        });
        _terms.Add(file);
        _savedPeople = project.People.Count;
        _savedValues.Clear();
        _savedValues.AddRange(columns.Select(id => project.Columns[id].FiledCount));
    }

    private void LoadTerms(string file, ProjectEvents project)
    {
        using var input = EngineFile.Read(file, TermsKind);
        for (var left = input.ReadInt32(); left > 0; left--)
            project.People.Dense(input.ReadInt64());
        for (var columns = input.ReadInt32(); columns > 0; columns--)
        {
            var id = project.Columns.Add(new PropertyKey((PropertySource)input.ReadByte(), input.ReadString()));
            var column = project.Columns[id];
            for (var left = input.ReadInt32(); left > 0; left--)
                column.Values.AddNext(new PropertyValue((ValueKind)input.ReadByte(), input.ReadString()));
            column.FiledCount = column.Values.Count;
            while (_savedValues.Count <= id)
                _savedValues.Add(1);
            _savedValues[id] = column.FiledCount;
        }
        _terms.Add(file);
        _savedPeople = project.People.Count;
    }
}
