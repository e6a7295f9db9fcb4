namespace Nimbus.Benchmarks.Query;

/// <summary>What <c>query</c> is to measure.</summary>
/// <param name="Events">Of each data set.</param>
/// <param name="People">A data set each; the first of them is also that of whole minutes and of other sizes.</param>
/// <param name="Growth">A tenth of the events too, and three times as many.</param>
/// <param name="Runs">How often each question is asked.</param>
/// <param name="SqlTimeout">How long a question in SQL may take.</param>
/// <param name="AtMost">A data set is left out that is likely to end later than this.</param>
internal sealed record QueryPlan(
    long Events, int[] People, bool WholeMinutes, bool Growth, bool Freshness, int Runs, TimeSpan SqlTimeout, TimeSpan AtMost);
