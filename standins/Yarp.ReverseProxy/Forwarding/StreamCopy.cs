using System.Buffers;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>How copying ended: whole, or by which side's failure.</summary>
internal enum CopyEnd
{
    Whole,
    InputFailed,
    OutputFailed,
}

/// <summary>Copies as bytes come, holding no more than one buffer.</summary>
internal static class StreamCopy
{
    private const int BufferBytes = 65_536;

    public static async Task<(CopyEnd End, Exception? Failure)> RunAsync(Stream input, Stream output, ActivityTimeout timeout)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var reading = true;
        try
        {
            while (true)
            {
                reading = true;
                var read = await input.ReadAsync(buffer, timeout.Token);
                timeout.Reset();
                if (read == 0)
                    return (CopyEnd.Whole, null);
                reading = false;
                await output.WriteAsync(buffer.AsMemory(0, read), timeout.Token);
                timeout.Reset();
            }
        }
        catch (Exception failure)
        {
            return (reading ? CopyEnd.InputFailed : CopyEnd.OutputFailed, failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
