namespace Nimbus.QueryService.Export;

/// <summary>How an export is written (docs/exports.md).</summary>
public enum ExportFormat
{
    /// <summary>One JSON object a line, each as <c>GET /v1/events</c> has it.</summary>
    JsonLines,

    /// <summary>The layout that <c>nimbus import</c> reads: what it has no column for is left out.</summary>
    Csv,
}
