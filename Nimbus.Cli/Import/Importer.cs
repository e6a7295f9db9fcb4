using System.Threading.Channels;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>
/// Imports one file: reads ahead, keeps a few requests under way, and settles rows in the order of the file, so that a
/// checkpoint is one number. What was sent but not settled is sent again by the next run, under the same keys.
/// </summary>
internal sealed class Importer(ImportSettings settings, ImportProgress progress, TimeProvider clock) : IDisposable
{
    // Batches between the oldest unsettled one and the newest read: bounds memory while one is being retried.
    private const int WindowPerRequest = 16;

    // What is under way at Ctrl-C may still be answered; longer than this nobody wants to wait.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan CheckpointEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly AcknowledgedPrefix<SettledBatch> _prefix = new();
    private readonly SemaphoreSlim _window = new(settings.InFlight * WindowPerRequest);
    private readonly RejectsFile _rejects = new(settings.RejectsPath);
    private readonly long _started = clock.GetTimestamp();
    private SourceIdentity? _source;
    private ImportTotals _before = ImportTotals.None;
    private ImportTotals _totals = ImportTotals.None;
    private long _savedAt = clock.GetTimestamp();

    /// <summary>What has become of the rows so far, this run's and those of the runs it resumed.</summary>
    public ImportTotals Totals
    {
        get
        {
            lock (_lock)
                return _totals with { Seconds = _before.Seconds + clock.GetElapsedTime(_started).TotalSeconds };
        }
    }

    /// <summary>Rows that an earlier run had settled.</summary>
    public long Resumed => _before.Rows;

    /// <summary>Where the rejected rows are.</summary>
    public string RejectsPath => _rejects.Path;

    /// <summary>Imports what is not settled yet; when it returns, everything is.</summary>
    /// <exception cref="NimbusException">The server refused a batch, or was away for too long.</exception>
    /// <exception cref="CliException">The file, or its checkpoint, cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the checkpoint is written.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        using var source = SourceFile.Open(settings.File);
        _source = source.Identity;
        using var rows = RowReader.Of(source.Text);
        Resume(rows);
        progress.Begin(_before.Rows, source.Fraction);
        Save();

        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var stopSending = new CancellationTokenSource();
        await using var stopSoon = stopReading.Token.Register(() => stopSending.CancelAfter(StopWithin));
        using var client = Client();
        try
        {
            await ImportAsync(new BatchReader(source, rows, settings.BatchSize), client, stopReading, stopSending.Token);
        }
        finally
        {
            lock (_lock)
                Save();
        }
        ct.ThrowIfCancellationRequested();
        File.Delete(settings.CheckpointPath);
    }

    public void Dispose() => _window.Dispose();

    private void Resume(IRowReader rows)
    {
        var checkpoint = settings.Restart ? null : Checkpoint.Load(settings.CheckpointPath);
        if (checkpoint is not null)
        {
            if (checkpoint.Source != _source)
                throw new CliException($"{settings.File} was changed since its import began; --restart imports it from the beginning.");
            if (checkpoint.Target != settings.Target)
            {
                throw new CliException(
                    $"an import of {settings.File} into {checkpoint.Target.Url} (key {checkpoint.Target.KeyId}) is unfinished; "
                    + "finish that one, or --restart to import from the beginning into this one.");
            }
            if (!rows.Skip(checkpoint.Rows))
                throw new CliException($"{settings.CheckpointPath} counts more rows than the file has; --restart imports from the beginning.");
            _before = _totals = checkpoint.Totals;
        }
        _rejects.Resume(checkpoint?.RejectsBytes ?? 0);
    }

    private async Task ImportAsync(
        BatchReader reader, NimbusClient client, CancellationTokenSource stopReading, CancellationToken stopSending)
    {
        var batches = Channel.CreateBounded<ImportBatch>(settings.InFlight);
        var tasks = new List<Task> { Task.Run(() => ReadAsync(reader, batches.Writer, stopReading.Token), CancellationToken.None) };
        for (var i = 0; i < settings.InFlight; i++)
            tasks.Add(Task.Run(() => SendAsync(batches.Reader, client, stopReading.Token, stopSending), CancellationToken.None));

        // The first to fail stops the others, which finish what they have under way.
        var running = tasks.ToList();
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            if (!ended.IsCompletedSuccessfully)
                await stopReading.CancelAsync();
        }
        var failure = tasks.FirstOrDefault(task => task.IsFaulted) ?? Task.CompletedTask;
        await failure;
    }

    private async Task ReadAsync(BatchReader reader, ChannelWriter<ImportBatch> batches, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _window.WaitAsync(stop);
                if (reader.Read() is not { } batch)
                    return;
                await batches.WriteAsync(batch, stop);
            }
        }
        finally
        {
            batches.Complete();
        }
    }

    private async Task SendAsync(
        ChannelReader<ImportBatch> batches, NimbusClient client, CancellationToken stopReading, CancellationToken stopSending)
    {
        await foreach (var batch in batches.ReadAllAsync(stopReading))
        {
            var answer = batch.Events is null ? NothingSent : await client.SendAsync(batch.Events, stopSending);
            Settle(batch, answer);
        }
    }

    private void Settle(ImportBatch batch, BatchAnswer answer)
    {
        lock (_lock)
        {
            var settled = _prefix.Complete(batch.Sequence, batch.Settle(answer));
            foreach (var next in settled)
                Count(next);
            if (settled.Count > 0 && clock.GetElapsedTime(_savedAt) >= CheckpointEvery)
                Save();
        }
    }

    private void Count(SettledBatch batch)
    {
        if (batch.Rejects.Count > 0)
            _rejects.Append(batch.Rejects);
        _totals = _totals with
        {
            Rows = _totals.Rows + batch.Rows,
            Accepted = _totals.Accepted + batch.Accepted,
            Duplicates = _totals.Duplicates + batch.Duplicates,
            Rejected = _totals.Rejected + batch.Rejects.Count,
        };
        progress.Advance(batch.Rows, batch.Fraction);
        _window.Release();
    }

    private void Save()
    {
        new Checkpoint(_source!, settings.Target, Totals, _rejects.Bytes).Save(settings.CheckpointPath);
        _savedAt = clock.GetTimestamp();
    }

    private NimbusClient Client() => new(settings.Url, NimbusCredentials.Hmac(settings.KeyId, settings.Secret), new NimbusClientOptions
    {
        Clock = clock,
        Retry = new RetryPolicy
        {
            GiveUpAfter = settings.GiveUpAfter,
            // A service that came back is found within seconds; a batch on a slow line may take minutes.
            LongestDelay = TimeSpan.FromSeconds(5),
            AttemptTimeout = TimeSpan.FromMinutes(2),
        },
        Retrying = notice => progress.Waiting(notice.Failure.Message),
    });

    private static BatchAnswer NothingSent { get; } = new(0, 0, 0, []);
}
