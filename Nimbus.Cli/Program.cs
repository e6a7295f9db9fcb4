Console.WriteLine("nimbus");
