namespace Nimbus.IngestService.Capture;

/// <summary>What became of the events of a request. The three counts add up to the events that were sent.</summary>
/// <param name="Accepted">Will be stored.</param>
/// <param name="Duplicates">The server knows them already; they are stored once. Not every duplicate is seen here.</param>
/// <param name="Rejected">Will not be stored; <paramref name="Errors"/> has one line for each.</param>
public sealed record CaptureResult(int Accepted, int Duplicates, int Rejected, IReadOnlyList<EventError> Errors);

/// <summary>Why an event is not taken.</summary>
/// <param name="Index">Its place in <c>events</c>, from 0.</param>
/// <param name="Code">A stable word, such as <c>ts_in_future</c>.</param>
/// <param name="Message">A sentence that says what to mend.</param>
public sealed record EventError(int Index, string Code, string Message);
