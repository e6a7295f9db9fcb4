using System.Text;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.Tests.Ingest;

public class JsonNumberTests
{
    [Theory]
    [InlineData("0", true)]
    [InlineData("-12.50", true)]
    [InlineData("12345678901234567890123456789", true)]
    [InlineData("1.7976931348623157e308", true)]
    [InlineData("1.7976931348623159e308", false)]
    [InlineData("-1E309", false)]
    [InlineData("5e-324", true)]
    // Below the smallest double it would become zero; zero itself is zero with any small exponent.
    [InlineData("1e-330", false)]
    [InlineData("0e-330", true)]
    [InlineData("0.0E+0", true)]
    // PostgreSQL would keep as many digits as the exponent says.
    [InlineData("0e99999999999999", false)]
    [InlineData("0e-20000", false)]
    public void Numbers_are_kept_when_a_double_can_hold_them(string literal, bool kept) =>
        Assert.Equal(kept, JsonNumber.IsInRange(Encoding.UTF8.GetBytes(literal)));

    [Theory]
    [InlineData(309, true)]
    [InlineData(310, false)]
    public void Long_integers_are_measured_not_counted(int digits, bool kept) =>
        Assert.Equal(kept, JsonNumber.IsInRange(Encoding.UTF8.GetBytes("1" + new string('0', digits - 1))));

    [Fact]
    public void A_literal_of_over_a_thousand_characters_is_refused() =>
        Assert.False(JsonNumber.IsInRange(Encoding.UTF8.GetBytes("0." + new string('1', 1000))));
}
