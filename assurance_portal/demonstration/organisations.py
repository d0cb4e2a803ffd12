"""The invented organisations: places that are on no map, codes that begin with ZZ, addresses that end in .example."""

from dataclasses import dataclass
from datetime import date

from accounts import organisations
from accounts.models import TRUSTS, Organisation, Trait

SOURCE = "demonstration"
OPENED_ON = date(2013, 4, 1)

Kind = Organisation.Kind
NT, FT, IND, OTH = Kind.NHS_TRUST, Kind.NHS_FOUNDATION_TRUST, Kind.INDEPENDENT_PROVIDER, Kind.OTHER_PROVIDER
MH = True


@dataclass(frozen=True)
class Provider:
    """A provider of care. `staff` is headcount; `level_3` the share of staff who need level 3 training.

    `course` names how its training goes (see `figures.py`); `closed` says how many quarters ago it closed, if it did.
    """

    code: str
    name: str
    kind: str
    commissioner: str
    staff: int
    level_3: float
    course: str
    mental_health: bool = False
    holds_contract: bool = True
    closed: int | None = None

    @property
    def domain(self):
        first = self.name.split()[0].lower()
        return f"{first}.nhs.example" if self.is_trust else f"{first}.example"

    @property
    def is_trust(self):
        return self.kind in TRUSTS


NATIONAL_BODY = ("ZZN01", "National Prevent Programme (demonstration)")
REGIONS = (("ZZR01", "Upper Windrow region"), ("ZZR02", "Lower Windrow region"))
COMMISSIONERS = (
    # code, name, kind, region
    ("ZZC01", "Larkmoor and Netherfen CCG", Kind.CCG, "ZZR01"),
    ("ZZC02", "Quillbury CCG", Kind.CCG, "ZZR01"),
    ("ZZC03", "Owlhurst and Saltmarrow ICB", Kind.ICB, "ZZR01"),
    ("ZZC04", "Brindlecombe CCG", Kind.CCG, "ZZR02"),
    ("ZZC05", "Merrowdale and Foxmantle ICB", Kind.ICB, "ZZR02"),
    ("ZZC06", "Tansybridge CCG", Kind.CCG, "ZZR02"),  # nobody there has an account yet
)

PROVIDERS = (
    Provider("ZZT01", "Larkmoor Valley NHS Foundation Trust", FT, "ZZC01", 6240, 0.27, "improving"),
    Provider("ZZT02", "Netherfen Mental Health NHS Foundation Trust", FT, "ZZC01", 3870, 0.58, "steady", MH),
    Provider("ZZT03", "Thistlewick Hospitals NHS Trust", NT, "ZZC01", 8115, 0.22, "hovering"),
    Provider("ZZT04", "Gorseby Sands Ambulance Service NHS Trust", NT, "ZZC01", 4320, 0.41, "high"),
    Provider("ZZT05", "Quillbury Royal Hospitals NHS Trust", NT, "ZZC02", 11430, 0.24, "failing"),
    Provider("ZZT06", "Pipershaw Community Health NHS Trust", NT, "ZZC02", 2650, 0.36, "steady"),
    Provider("ZZT07", "Ravelstoke Partnership NHS Foundation Trust", FT, "ZZC02", 4980, 0.61, "hovering", MH),
    Provider("ZZT08", "Owlhurst NHS Foundation Trust", FT, "ZZC03", 7340, 0.25, "high"),
    Provider("ZZT09", "Saltmarrow Bay Hospitals NHS Trust", NT, "ZZC03", 5125, 0.23, "slumping"),
    Provider("ZZT10", "Dunnockfield Children's NHS Foundation Trust", FT, "ZZC03", 3410, 0.44, "steady"),
    Provider("ZZT11", "Harrowmere Mental Health NHS Trust", NT, "ZZC03", 2990, 0.55, "failing", MH),
    Provider("ZZT12", "Brindlecombe University Hospitals NHS Foundation Trust", FT, "ZZC04", 14260, 0.21, "steady"),
    Provider("ZZT13", "Otterholt and Wrenmouth NHS Trust", NT, "ZZC04", 4475, 0.26, "improving"),
    Provider("ZZT14", "Kestlebrook Care NHS Foundation Trust", FT, "ZZC04", 3720, 0.52, "high", MH),
    Provider("ZZT15", "Merrowdale Hospitals NHS Foundation Trust", FT, "ZZC05", 9050, 0.23, "hovering"),
    Provider("ZZT16", "Foxmantle NHS Trust", NT, "ZZC05", 2310, 0.28, "improving"),
    Provider("ZZT17", "Sparrowick Mental Health NHS Foundation Trust", FT, "ZZC05", 3260, 0.6, "steady", MH),
    Provider("ZZT18", "Tansybridge Hospitals NHS Trust", NT, "ZZC06", 5580, 0.25, "steady"),
    Provider("ZZT19", "Hollinwick Community NHS Trust", NT, "ZZC06", 1940, 0.33, "failing"),
    Provider("ZZT20", "Marlsea District NHS Trust", NT, "ZZC04", 3105, 0.26, "steady", closed=5),
    Provider("ZZP01", "Copperwold Clinics", IND, "ZZC01", 412, 0.3, "steady"),
    Provider("ZZP02", "Greyfinch House Hospital", IND, "ZZC01", 268, 0.62, "improving", MH),
    Provider("ZZP03", "Fernhythe Surgical Centre", IND, "ZZC01", 185, 0.24, "perfect"),
    Provider("ZZP04", "Bramblehithe Care Homes", IND, "ZZC02", 655, 0.18, "hovering"),
    Provider("ZZP05", "Mossgate Diagnostics", IND, "ZZC02", 140, 0.2, "high"),
    Provider("ZZP06", "Candlewick Fold Hospice Care", IND, "ZZC03", 230, 0.35, "steady"),
    Provider("ZZP07", "Lapwater Hospital Group", IND, "ZZC03", 890, 0.26, "slumping"),
    Provider("ZZP08", "Wyrmbeck Recovery Services", IND, "ZZC04", 310, 0.57, "steady", MH),
    Provider("ZZP09", "Puddlecote Eye Clinics", IND, "ZZC04", 120, 0.22, "perfect"),
    Provider("ZZP10", "Skylarkton Urgent Care", IND, "ZZC05", 275, 0.48, "improving"),
    Provider("ZZP11", "Tealworth Nursing", IND, "ZZC05", 520, 0.19, "hovering"),
    Provider("ZZP12", "Emberlow Clinics", IND, "ZZC06", 205, 0.27, "steady"),
    Provider("ZZP13", "Nightjar Wood Hospital", IND, "", 340, 0.59, "steady", MH),  # no lead commissioner
    Provider("ZZP14", "Hazelmarsh Private Practice", IND, "ZZC05", 64, 0.3, "steady", holds_contract=False),
    Provider("ZZP21", "Curlew Lane Community Interest Company", OTH, "ZZC01", 730, 0.34, "high"),
    Provider("ZZP22", "Bellwether Out of Hours Care", OTH, "ZZC02", 260, 0.5, "improving"),
    Provider("ZZP23", "Rushywick Dene Social Enterprise", OTH, "ZZC03", 415, 0.31, "hovering"),
    Provider("ZZP24", "Pennywhistle Patient Transport", OTH, "ZZC04", 380, 0.12, "failing"),
    Provider("ZZP25", "Oxlip Green Therapies", OTH, "ZZC05", 95, 0.4, "steady"),
    Provider("ZZP26", "Yarrowfield Community Care", OTH, "ZZC06", 610, 0.29, "steady"),
)
BY_CODE = {provider.code: provider for provider in PROVIDERS}


def make_all(quarters):
    """Writes every organisation for a demonstration of these quarters (oldest first); returns them by code."""
    found = {}
    regions = {}
    for code, name in REGIONS:
        regions[code] = found[code] = _make(code, name, Kind.REGION)
    found[NATIONAL_BODY[0]] = _make(*NATIONAL_BODY, Kind.OTHER)
    for code, name, kind, region in COMMISSIONERS:
        found[code] = _make(code, name, kind, region=regions[region])
    for provider in PROVIDERS:
        commissioner = found.get(provider.commissioner)
        found[provider.code] = _make(
            provider.code,
            provider.name,
            provider.kind,
            region=commissioner.region if commissioner else regions["ZZR02"],
            closed_on=_closed_on(provider, quarters),
            email_domains=[provider.domain],
        )
    return found


def describe_all(found, *, by, at):
    """Says of each provider, by the acts, what it is and who its lead commissioner is."""
    for provider in PROVIDERS:
        organisation = found[provider.code]
        dated = {"since": OPENED_ON, "source": SOURCE, "by": by, "at": at}
        if provider.holds_contract:
            organisations.set_trait(organisation, Trait.HOLDS_NHS_STANDARD_CONTRACT, **dated)
        if provider.mental_health:
            organisations.set_trait(organisation, Trait.MENTAL_HEALTH_PROVIDER, **dated)
        if provider.commissioner in {"ZZC01", "ZZC05"}:
            organisations.set_trait(organisation, Trait.PREVENT_PRIORITY_AREA, **dated)
        if provider.commissioner:
            organisations.set_lead_commissioner(organisation, found[provider.commissioner], **dated)


def _make(code, name, kind, **fields):
    return Organisation.objects.create(code=code, name=name, kind=kind, opened_on=OPENED_ON, **fields)


def _closed_on(provider, quarters):
    """The first day of the quarter that began `closed` quarters before the last one; none if that is not shown."""
    if provider.closed is None:
        return None
    quarter = quarters[-1]
    for _ in range(provider.closed):
        quarter = quarter.previous()
    return quarter.starts
