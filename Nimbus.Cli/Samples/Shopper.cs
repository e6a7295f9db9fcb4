namespace Nimbus.Cli.Samples;

/// <summary>Someone who visits the invented shop: what stays the same about them, and whether they have an account.</summary>
internal sealed class Shopper(string country, string device, string plan)
{
    private static readonly string[] Countries = ["DE", "FR", "GB", "IN", "BR", "US", "JP"];
    private static readonly string[] Devices = ["phone", "desktop", "tablet"];
    private static readonly int[] DeviceWeights = [55, 38, 7];
    private static readonly string[] Plans = ["free", "plus"];
    private static readonly int[] PlanWeights = [80, 20];

    public string Country { get; } = country;

    public string Device { get; } = device;

    public string Plan { get; } = plan;

    public bool HasAccount { get; set; }

    public static Shopper New(SampleRandom random) => new(
        random.Pick(Countries), Devices[random.Weighted(DeviceWeights)], Plans[random.Weighted(PlanWeights)]);
}
