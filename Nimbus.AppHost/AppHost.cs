Console.WriteLine("Nimbus");
