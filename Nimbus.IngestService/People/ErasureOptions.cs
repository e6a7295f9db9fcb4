using System.ComponentModel.DataAnnotations;

namespace Nimbus.IngestService.People;

/// <summary>How erased people leave the files, section <c>Nimbus:Erasure</c>.</summary>
public sealed record ErasureOptions
{
    /// <summary>
    /// Tables are rewritten at most this often, for all erasures that wait by then: each round locks a table while it is rewritten,
    /// and writers wait so long. The answers do not have the person from the first moment, whatever this is.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan BetweenRounds { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The query services, by the names they are found by: each keeps files of its own. Separated by commas.</summary>
    [Required]
    public string QueryServices { get; init; } = "query";
}
