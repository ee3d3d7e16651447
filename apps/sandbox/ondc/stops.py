"""Where the pretended buses and metros stop: by mode each stop's code, name and place, in the order of travel."""

Stops = dict[str, tuple[tuple[str, str, str], ...]]
STATIONS: Stops = {
    "METRO": (
        ("MG_ROAD", "MG Road", "12.975500, 77.606800"),
        ("TRINITY", "Trinity", "12.973000, 77.617000"),
        ("HALASURU", "Halasuru", "12.976400, 77.626500"),
        ("INDIRANAGAR", "Indiranagar", "12.978300, 77.638600"),
    ),
    "BUS": (
        ("TIGER_CIRCLE", "Tiger Circle", "13.352600, 74.793000"),
        ("SYNDICATE", "Syndicate Circle", "13.354700, 74.788100"),
        ("UDUPI", "Udupi Bus Stand", "13.340900, 74.747700"),
    ),
}
# Of a metro that stayed at 2.0.1, and of a bus company that stayed at 2.0.0.
METRO_OF_THE_COAST: Stops = {
    "METRO": (
        ("PORT", "Malpe Port", "13.350000, 74.704000"),
        ("KALMADY", "Kalmady", "13.347000, 74.722000"),
        ("UDUPI_CITY", "Udupi City", "13.340000, 74.745000"),
    )
}
BUSES_OF_THE_HILLS: Stops = {
    "BUS": (
        ("PARKALA", "Parkala", "13.337000, 74.806000"),
        ("HIRIADKA", "Hiriadka", "13.326000, 74.861000"),
        ("KARKALA", "Karkala", "13.214000, 74.997000"),
    )
}
