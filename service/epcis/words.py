"""The words of the Core Business Vocabulary 2.0 and the GS1 Web Vocabulary that stand in events, and their spellings.

One word has four: bare (`shipping`, canonical here), a CURIE (`cbv:BizStep-shipping`), a URI
(`https://ref.gs1.org/cbv/BizStep-shipping`) and the URN of EPCIS 1 (`urn:epcglobal:cbv:bizstep:shipping`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

CBV, GS1 = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/"
CURIES = {"cbv:": CBV, "gs1:": GS1}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`stem` comes before the word in a URI, `urn` in a URN of EPCIS 1; without `urn` it had none."""

    stem: str
    urn: str | None
    words: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEP = Vocabulary(CBV + "BizStep-", "urn:epcglobal:cbv:bizstep:", _words("""
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping"""))
DISPOSITION = Vocabulary(CBV + "Disp-", "urn:epcglobal:cbv:disp:", _words("""
    active available completeness_inferred completeness_verified conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
    mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled
    reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown"""))
TRANSACTION = Vocabulary(CBV + "BTT-", "urn:epcglobal:cbv:btt:", _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"))
OWNER = Vocabulary(CBV + "SDT-", "urn:epcglobal:cbv:sdt:", _words("owning_party possessing_party location"))
ERROR = Vocabulary(CBV + "ER-", "urn:epcglobal:cbv:er:", _words("did_not_occur incorrect_data"))
COMPONENT = Vocabulary(CBV + "Comp-", None, _words("""
    altitude axial_distance azimuth easting elevation_angle height latitude longitude northing polar_angle
    spherical_radius x y z"""))
MEASUREMENT = Vocabulary(GS1, None, _words("""
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed
    SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction
    VolumetricFlux Wavenumber"""))
ALERT = Vocabulary(GS1, None, _words("ALARM_CONDITION ERROR_CONDITION"))

LISTED: Mapping[str, tuple[str, Vocabulary]] = {
    "bizTransactionList": ("bizTransaction", TRANSACTION),
    "sourceList": ("source", OWNER),
    "destinationList": ("destination", OWNER),
}
"""Lists whose members have a `type` of a vocabulary, and the name of each member's identifier."""

REPORTED: Mapping[str, Vocabulary] = {"type": MEASUREMENT, "exception": ALERT, "component": COMPONENT}
"""The vocabularies of a sensor report."""


def bare(vocabulary: Vocabulary, value: str) -> str:
    """The bare word that a spelling of it stands for; any other value as it is."""
    full = expanded(value)
    for stem in (vocabulary.stem, vocabulary.urn):
        if stem is not None and full.startswith(stem) and (word := full.removeprefix(stem)) in vocabulary.words:
            return word
    return value


def uri(vocabulary: Vocabulary, value: str) -> str:
    """The URI of a bare word; any other value as it is."""
    return vocabulary.stem + value if value in vocabulary.words else value


def urn(vocabulary: Vocabulary, value: str) -> str:
    """The URN of EPCIS 1, where the word has one; any other value as it is."""
    return vocabulary.urn + value if vocabulary.urn and value in vocabulary.words else value


def expanded(value: str) -> str:
    """`cbv:` and `gs1:` spelled out: these two prefixes mean the same in every document."""
    for short, long in CURIES.items():
        if value.startswith(short):
            return long + value.removeprefix(short)
    return value
