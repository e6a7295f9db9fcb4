using Nimbus.IngestService.Writing;
using Npgsql;

namespace Nimbus.Tests.Ingest;

public class FaultsTests
{
    [Theory]
    [InlineData("22P05", true)]
    [InlineData("23505", true)]
    [InlineData("54000", true)]
    [InlineData("40001", false)]
    [InlineData("40P01", false)]
    [InlineData("53100", false)]
    [InlineData("55P03", false)]
    [InlineData("57P01", false)]
    [InlineData("57014", false)]
    [InlineData("25006", false)]
    [InlineData("42P01", false)]
    [InlineData("XX000", false)]
    // Of a partition that is being made: there is nothing wrong with the row.
    [InlineData("23514", false)]
    public void Only_what_is_wrong_with_the_data_makes_a_dead_letter(string sqlState, bool isOfTheData) =>
        Assert.Equal(isOfTheData, Faults.IsOfTheData(new PostgresException("", "ERROR", "ERROR", sqlState)));

    [Fact]
    public void A_broken_connection_is_waited_out()
    {
        Assert.False(Faults.IsOfTheData(new NpgsqlException("gone", new IOException())));
        Assert.False(Faults.IsOfTheData(new TimeoutException()));
    }
}
