namespace Nimbus.QueryService.Engine;

/// <summary>A state that snapshots share. Its files stay mapped until the last of them is disposed and it is replaced.</summary>
internal sealed class SharedState
{
    private readonly ProjectState _state;
    private int _holders = 1;

    public SharedState(ProjectState state)
    {
        _state = state;
        foreach (var segment in state.Sealed)
            segment.File.Hold();
    }

    public long Watermark => _state.Watermark;

    /// <summary>A snapshot of it. Not after the last <see cref="LetGo"/>.</summary>
    public ProjectSnapshot Open()
    {
        Interlocked.Increment(ref _holders);
        return new ProjectSnapshot(_state, LetGo);
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        foreach (var segment in _state.Sealed)
            segment.File.LetGo();
    }
}
