using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nimbus.Cli.Samples;

/// <summary>One thing a visitor does.</summary>
/// <param name="After">Time since the step before.</param>
/// <param name="PropertiesJson">A JSON object.</param>
internal sealed record VisitStep(TimeSpan After, string Name, string PropertiesJson);

/// <summary>One visit to an invented shop, from landing to leaving or paying. Shared by the samples and the demo.</summary>
internal static class ShopVisit
{
    private static readonly string[] Pages = ["/", "/spring", "/books", "/garden", "/gifts"];
    private static readonly string[] Referrers = ["search", "newsletter", "social", "direct", "partner"];
    private static readonly (string Name, string Category, int Cents)[] Products =
    [
        ("Trowel", "garden", 1290), ("Watering can", "garden", 2450), ("Bird house", "garden", 3900),
        ("Atlas", "books", 4990), ("Cookbook, 2nd ed.", "books", 2800), ("Crime novel", "books", 1199),
        ("Tea set \"Kyōto\"", "gifts", 8900), ("Candle", "gifts", 750), ("Café voucher", "gifts", 2000),
    ];
    // Commas, quotes and letters of all kinds: what a CSV and a JSON reader must carry unharmed.
    private static readonly string[] Searches =
        ["trowel", "tea, green", "\"first edition\"", "größe m", "kniha o zahradě", "庭", "gift 🎁", "a\\b", "50% off"];

    /// <summary>The steps of a visit, made as they are asked for. Signing up sets <see cref="Shopper.HasAccount"/>.</summary>
    public static IEnumerable<VisitStep> Play(Shopper shopper, SampleRandom random)
    {
        yield return Step(0, "page_viewed", json =>
        {
            json.WriteString("page", random.Pick(Pages));
            json.WriteString("referrer", random.Pick(Referrers));
            json.WriteString("device", shopper.Device);
            json.WriteString("country", shopper.Country);
        });

        if (!shopper.HasAccount && random.Chance(45))
        {
            shopper.HasAccount = true;
            yield return Step(Seconds(random, 20, 90), "signed_up", json =>
            {
                json.WriteString("plan", shopper.Plan);
                json.WriteString("country", shopper.Country);
            });
        }
        if (random.Chance(30))
        {
            yield return Step(Seconds(random, 5, 40), "search_performed", json =>
            {
                json.WriteString("query", random.Pick(Searches));
                json.WriteNumber("results", random.Below(40));
            });
        }

        var inCart = new List<(string Name, string Category, int Cents)>();
        for (var looks = random.Weighted([25, 30, 25, 12, 8]); looks > 0; looks--)
        {
            var product = random.Pick(Products);
            yield return Step(Seconds(random, 4, 120), "product_viewed", json => WriteProduct(json, product));
            if (random.Chance(35))
            {
                inCart.Add(product);
                yield return Step(Seconds(random, 2, 30), "product_added", json => WriteProduct(json, product));
            }
        }
        if (inCart.Count == 0 || !random.Chance(70))
            yield break;

        var total = inCart.Sum(product => product.Cents);
        yield return Step(Seconds(random, 10, 60), "checkout_started", json =>
        {
            json.WriteNumber("items", inCart.Count);
            json.WriteNumber("amount", total / 100m);
        });
        if (!shopper.HasAccount || !random.Chance(75))
            yield break;

        // Past 2^53: an order number must come back with every digit.
        var order = 9_007_199_254_740_993 + (long)(random.Next() % 1_000_000_000);
        yield return Step(Seconds(random, 20, 180), "order_placed", json =>
        {
            json.WriteNumber("order_number", order);
            json.WriteNumber("items", inCart.Count);
            json.WriteNumber("amount", total / 100m);
            json.WriteString("currency", "EUR");
            json.WriteBoolean("gift", inCart.Any(product => product.Category == "gifts"));
        });
        // In the same millisecond as the order: ties are part of real data.
        yield return Step(0, "payment_captured", json =>
        {
            json.WriteNumber("order_number", order);
            json.WriteNumber("amount", total / 100m);
        });
    }

    private static void WriteProduct(Utf8JsonWriter json, (string Name, string Category, int Cents) product)
    {
        json.WriteString("product", product.Name);
        json.WriteString("category", product.Category);
        json.WriteNumber("price", product.Cents / 100m);
    }

    private static int Seconds(SampleRandom random, int least, int most) => random.Between(least * 1000, most * 1000);

    private static VisitStep Step(int afterMilliseconds, string name, Action<Utf8JsonWriter> properties)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            properties(json);
            json.WriteEndObject();
        }
        return new VisitStep(TimeSpan.FromMilliseconds(afterMilliseconds), name, Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
