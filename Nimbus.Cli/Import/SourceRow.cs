using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>One row of the file: an event, or why it is none.</summary>
/// <param name="Line">Where the row begins in the file, from 1, a header's line included.</param>
/// <param name="Raw">The row as it stands in the file, without its line end.</param>
/// <param name="Event">Null where the row is bad.</param>
/// <param name="Fault">What is wrong with a bad row; null otherwise.</param>
internal sealed record SourceRow(long Line, string Raw, NimbusEvent? Event, string? Fault);
