using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>Tells what is wrong with the data from what is wrong with the world.</summary>
internal static class Faults
{
    /// <summary>
    /// Whether the data cannot be stored, however often it is tried. Everything else is waited out, whatever it is: a dead
    /// letter for a full disk or a missing table would be a lost event.
    /// </summary>
    public static bool IsOfTheData(Exception fault) => fault switch
    {
        // A check is violated only while a partition is being made, see MonthlyPartitions.
        PostgresException { SqlState: PostgresErrorCodes.CheckViolation } => false,
        // Data exceptions, integrity violations, limits such as the size of an index row.
        PostgresException { SqlState: ['2', '2', ..] or ['2', '3', ..] or ['5', '4', ..] } => true,
        // From writing a row, before the server sees it.
        InvalidDataException or OverflowException or ArgumentException => true,
        _ => false,
    };
}
