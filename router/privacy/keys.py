"""What a key says of its value: PHI of some kind, a structural role, or nothing. Keys decide before shapes do."""

# ruff: noqa: E501 - the tables read better as long lines
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from router.privacy.hl7 import field_kind
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.programs import of_thing
from router.privacy.tokens import TOKEN

_PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a key says of its values.

    `kind`: every value under it is PHI of this kind. `role`: else the structural role it claims ('' is free text).
    `subject`: what the values below it are about (person, provider, address, name, telecom, clinical, medication, pay,
    plan, device, infra, cookies, identifier), or ''.
    """

    kind: str = ""
    role: str = ""
    subject: str = ""


NOTHING: Final = Verdict()

# kind -> key spellings; words in any order next to each other, the longest match wins. Other languages included, because
# field names are written by the team that owns the service.
_PHI: Final[dict[str, str]] = {
    "SECRET": """one time code; sms code; x zm signature; x slack signature; x hub signature; x hub signature 256; webhook signature; svix signature; x twilio signature; x shopify hmac sha256; stripe signature; x gitlab token; turn cred; turn credential; tok; acc tok; sess tok; auth tok; refresh tok; pat token; github pat; gh pat; smtp key; mail key; sms key; stripe key; hmac key; conn str; creds; db pass; smtp pass; user pass; gate code; door code; entry code; alarm code; lockbox code; lockbox; smtp pass; db pass; user pass; mail pass; ftp pass; sftp pass; ldap pass; redis pass; login pass; smtp pwd; admin password; admin pass; root pass; heslo; haslo; parola; jelszo; motdepasse; passwort hash; bearer jwt; refresh jwt; hmac key; hmac secret; x auth token; x api token; session cookie value; sas signature; presigned signature; x amz signature; signature v4; client assertion; id token hint; code verifier; device code; user code; slack webhook; webhook token; password; passwd; pwd; passphrase; passcode; secret; client secret; token; access token; refresh token;
        id token; auth token; session token; bearer; bearer token; api key; apikey; api token; x api key; access key;
        secret key; private key; signing key; encryption key; service key; master key; routing key; integration key;
        shared key; license key; ssh key; credential; credentials; authorization; proxy authorization; auth header;
        auth; cookie; cookies; set cookie; session id; sessionid; sid; session key; session cookie; jsessionid;
        phpsessid; jwt; csrf; csrf token; xsrf token; otp; totp; pin; pin code; mfa code; verification code; security code;
        cvv; cvc; security answer; connection string; conn string; sas token; webhook secret; kennwort; passwort;
        contrasena; contraseña; clave; senha; mot de passe; wachtwoord; hasło; salasana; x amz security token;
        aws secret access key; aws access key id; access key id; nonce secret; recovery code; magic link; reset token""",
    "SSN": """ssnum; personnr; cprnr; cod fiscale; insee; sss no; ni number; mynumber; my number; ssn; social; social security; social security number; social security no; ssn last four; ssn last; last four ssn;
        last 4 ssn; ssn 4; ssn4; ssnlast; itin; tin; tax id; taxpayer id; sssn; soc sec; socsec; us ssn; ss number; nss""",
    "NATIONAL_ID": """tax ref; tax file no; tax file number; tfn; ird no; ird number; cuil; cuit; egk; egk nummer; carte vitale; cartao sus; numero sus; cns; hetu; oib; jmbg; егн; emso; ihi; ramq; ssin; pps no; doc identidad; documento identidad; documento de identidad; numero documento; num doc; nro documento; nro doc; documento; dni nie; tc no; tckn no; t c kimlik; cccd; cmnd; so cccd; so cmnd; nik; no ktp; ktp; taj; taj szam; tajszam; αμκα; αφμ; תעודת זהות; תז; เลขบัตรประชาชน; บัตรประชาชน; کد ملی; mykad; no kp; philsys; eid number; burgerservicenummer; nat ins; natins; hawiya; iqama; emirates id; ppsn; pps number; nric; npwp; hkid; ahvnr; ahv nummer; svnr; sv nummer; rodne cislo; egn; oib; amka; cnp; jmbg; emso; nino number; voter id; epic number; tax code; ahv number; social insurance number; sozialversicherungsnr; rvnr; numero insee; numero de securite sociale; num ss; cni; cartao cidadao; niss; bi number; 身份证; 身份证号; マイナンバー; 주민등록번호; 주민번호; 주민; رقم الهوية; الهوية; инн; снилс; паспорт; dowod; dowod osobisty; kimlik no; tc kimlik; teudat zehut; identity no; personal code; isikukood; asmens kodas; personas kods; kennitala; id card number; curp number; passport; passport number; passport no; national id; national number; gov id; government id; id card; id number;
        identity number; identity card; nin; nhs number; nhs; nhs no; nino; national insurance number; medicare number; medicaid id; medicaid number; mbi; hicn;
        cpf; rg; cnpj; dni; nie; nif; curp; rfc number; rut; bsn; pesel; personnummer; personal number;
        cedula; cédula; aadhaar; aadhar; pan number; steuer id; steuernummer; sozialversicherungsnummer;
        numero secu; num secu; no secu; securite sociale; secu; numero securite sociale; nir; codice fiscale; codicefiscale; tckn; henkilotunnus; fodselsnummer; cpr; ahv; avs;
        sin; medicare id; ohip; hcn; health card; health card number; tax number; green card; visa number; state id""",
    "EMAIL": """email; e mail; mail; email address; emailaddress; mail address; user email; from email; to email; correo; correo electronico;
        courriel; adresse mail; posta; e post; epost; mailadresse; contact email; reply to; recipient; recipients; rcpt; rcpt to; mail from;
        cc email; bcc; sender email; upn; user principal name; メール; メールアドレス; 邮箱; 電子郵件""",
    "PHONE": """dialled; dialled number; dest no; b number; a number; called party; calling party; natel; ring back; e164; wa id; telefonas; talrunis; puhelinnumero; telefonski broj; rn ext; phone ext; tel ext; nurse ext; desk ext; direct ext; ext number; hphone; wphone; cphone; mphone; cel contato; celular contato; so dien thoai; sdt; dien thoai; no hp; nomor hp; nomor telepon; no telp; telp; telefonszam; mobilszam; τηλέφωνο; κινητό; טלפון; נייד; เบอร์โทร; โทรศัพท์; মোবাইল; তেলিফোন; موبایل; تلفن; simu; namba ya simu; telepono; cislo telefonu; tlm; tlf; मोबाइल; फोन; telemovel; telemóvel; fone; jawwal; fon; rufnummer; mobil; mobilnummer; mobilnr; telnr; telefonnr; tel nr; numero telephone; numero de telephone; telefoon; gsm; komorka; puhelinnumero; phone no; ph no; mob; mob no; mobile no; contact no; landline; sms number; to phone; from phone; phone1; phone2; phone home; phone work; phone cell; phone mobile; day phone; evening phone; alt phone; alternate phone; emergency phone; numero celular; telefono movil; telefono fijo; tel portable; tel fixe; tel domicile; numer telefonu; cellulare; cell no; cell number; callback; call back number; msisdn from; msisdn to; 携帯; 携帯電話; 연락처; 전화번호; 휴대폰; هاتف; جوال; الجوال; رقم الجوال; телефон; тел; recipient phone; sms recipient; destination number; phone; phone number; phonenumber; telephone; tel; mobile; mobile number; mobile phone; cell; cell phone; cellphone; msisdn;
        home phone; work phone; contact number; callback number; caller number; caller id; dialed number; sms to; whatsapp; pager;
        telefono; teléfono; telefon; telefonnummer; telefoonnummer; handy; handynummer; celular; movil; móvil; telefone; telephone number;
        portable; telefonu; puhelin; 電話; 電話番号; 电话; 手机; 手机号; to number; from number; called number; calling number; ani; dnis; best number""",
    "FAX": "fax; fax number; faxnummer; telefax; fax no; faksi",
    "PERSON": """beneficiario; titular; asegurado; segurado; assegurado; crew lead; crew chief; crew member; paramedic; paramedic name; medic name; name key; normalized name; normalised name; nach name; nach namn; results for; last subject; known as; goes by; usual name; famname; gname; sname; printed name; print name; name on file; emboss name; signatory; trustee; conjoint; epoux; ansprech; bezugsperson; betreuer; pflegekraft; zorgverlener; behandelaar; hoofdbehandelaar; zuweiser; einweiser; profissional; enfermero; orderer; ordering doc; ref doc; primary doc; gp name; fullnm; client nm; mom; mum; dad; mom name; dad name; husband; wife; kin; sibling name; partner name; baby name; newborn name; policy owner; delegate name; dependent name; ec name; ice name; ice contact; emergency name; emerg contact; attending phys; attnd phys; attndphys; ref phys; refphys; referring md; attending md; ordering md; ord prov; rend prov; rendprov; supervising provider; anesthesiologist; anaesthetist; scribe; scribe name; care coordinator; care manager; case manager; caseworker; case worker; social worker; counselor; counsellor; interpreter; interpreter name; technician; radiologist; pathologist; phlebotomist; dentist; midwife; psychologist; psychiatrist; cardiologist; optometrist; physiotherapist; chw name; witnessed by; dictated by; transcribed by; cosigner; cosigned by; consenter; consent by; consented by; prescribed by; ordered by; examined by; treated by; admitted by; discharged by; seen by; attended by; administered by; guar name; resp party; respparty; responsible party; displayed name; alias name; former name; greeting name; salutation; addressee; attn; deliver to; claimant name; titulaire; beneficiaire; versicherten name; titular; hasta adi; hastaadi; navn; kontaktnavn; kontaktname; to name; from name; vardas; pavarde; vards; uzvards; eesnimi; perekonnanimi; prezime; priimek; priezvisko; ime prezime; ime pacijenta; meno pacienta; nafn; cognoms; apelyido; pangalan; emri mbiemri; mbiemri; презиме; zuname; rufname; nombre pila; nombre de pila; nom usuel; prenom usuel; nome social; nome proprio; roepnaam; geslachtsnaam; tilltalsnamn; kutsumanimi; vname; nname; nachn; vorn; ho ten; ho va ten; benh nhan; ten benh nhan; nama; nama pasien; nama lengkap; nume; prenume; nume pacient; nev; teljes nev; beteg; beteg neve; vezeteknev; keresztnev; όνομα; επώνυμο; ονοματεπώνυμο; ασθενής; שם; שם מטופל; שם פרטי; שם משפחה; ชื่อ; นามสกุล; ชื่อผู้ป่วย; ผู้ป่วย; ім; прізвище; пацієнт; піб; нам; নাম; রোগী; பெயர்; నామ; پیشنٹ; نام; بیمار; نام بیمار; jina; jina la mgonjwa; mgonjwa; pasyente; pangalan; pangalan ng pasyente; pasien; pesakit; pacient; occupant; guest name; guest full name; patientin; pasient; pacjent; potilas; pasientnavn; versicherter; versicherte; versichertenname; nombre y apellidos; nom prenom; nom de naissance; nom usage; imie i nazwisko; imie nazwisko; jmeno a prijmeni; nome e cognome; nome do paciente; nome da mae; madre; padre; mutter; vater; ehefrau; ehemann; ansprechpartner; kontaktperson; angehoerige; medico; medecin; médecin; arzt; aerztin; behandelnder arzt; hausarzt; docteur; enfermera; enfermeiro; infirmiere; lekarz; huisarts; 姓; 名; 氏; フリガナ; カナ; 이름; 성명; 환자; 환자명; 姓名拼音; 医生; 医師; 担当医; 担当; اسم; الاسم; المريض; اسم المريض; नाम; रोगी; имя пациента; ф и о; врач; mothers name; fathers name; father husband name; attending doctor; attending md; ordering md; ordered by; requested by; performed by person; verified by; collected by; signed off by; responsible party; policyholder name; payee name; bill to name; ship to name; recipient full name; sender full name; person full name; pat lname; pat fname; pt first; pt last; pt lname; pt fname; lname fname; last nm; first nm; lst nm; frst nm; mid name; subject name; client name person; called by; spoke with; spoken to; consumer name; enrolled by; informant; legal guardian; power of attorney; poa; proxy name; emergency contact name; contact full name; surname2; name1; name2; patient; patient name; first name; firstname; last name; lastname; full name; fullname; middle name; given name; given names;
        family name; maiden name; mother maiden name; preferred name; nick name; nickname; legal name; birth name; surname; forename; fname; lname; mname; person; person name;
        customer name; client full name; member name; subscriber name; guarantor name; insured name; insured; guardian; guardian name; parent name;
        mother; father; mother name; father name; spouse; spouse name; next of kin; nok; emergency contact; contact name; contact person; caregiver; caretaker; relative;
        beneficiary name; beneficiary; subscriber; guarantor; policy holder; policyholder; cardholder; card holder; cardholder name; name on card; account holder; holder name;
        doctor; doctor name; physician; physician name; provider name; prescriber; prescriber name; nurse; nurse name; surgeon; therapist; clinician; clinician name; attending;
        attending physician; referring physician; referring provider; rendering provider name; ordering provider; ordering physician; practitioner; pcp; pcp name; pharmacist;
        passenger; passenger name; driver name; rider; rider name; employee name; staff name; author name; assignee name; display name; real name; user full name; recipient name;
        sender name; caller name; requested by name; payee; payee name; signed by; signer; signature name; witness; resident name; resident; enrollee; enrollee name; participant; participant name; student name; child; child name;
        attendee; visitor; visitor name; tenant name person; applicant; applicant name; donor; donor name; decedent; minor name; initials;
        nombre; nombres; apellido; apellidos; nombre completo; nombre paciente; paciente; primer nombre; segundo apellido; vorname; nachname; familienname; geburtsname; patientenname;
        patient vorname; patient nachname; nom; prenom; prénom; nom famille; nom patient; nom complet; nome; sobrenome; cognome; nome completo; nome paciente; paziente;
        voornaam; achternaam; naam; patientnaam; tussenvoegsel; imie; imię; nazwisko; fornamn; förnamn; efternamn; namn; etternavn; fornavn; efternavn; sukunimi; etunimi; nimi;
        soyad; soyadi; isim; ad soyad; jmeno; prijmeni; 姓名; 氏名; 名前; 患者; 患者名; 患者氏名; имя; фамилия; отчество; фио; пациент; full patient name; pt name; pt; ptname; patientname;
        patient full name; pat name; lastfirst; aka; fn; ln; first last; name family; name given; pat nm; pt nm; patient nm; cust name; mothers maiden; mother maiden; maiden; mothers name; in patient name; patient first; patient last; patient display""",
    "USERNAME": "created by; updated by; approved by; reviewed by; verified by; recorded by; performed by; cancelled by; canceled by; closed by; opened by; resolved by; authored by; submitted by; uploaded by; deleted by; exported by; printed by; viewed by; accessed by; nick; telegram; sam account name; target account name; subject account name; alternate id; osuser; os user; logname; ruser; luser; suser; duser; suid; susername; dusername; user email or name; submitted by user; changed by; modified by; entered by; user nm; usr; usr nm; usrname; login id; loginid; user login id; nutzer; anwender; uzytkownik; operateur; operador; 用户; ユーザー; пользователь; logon; samaccountname; username; user name; user; login; login name; user login; screen name; handle; twitter; skype; operator name; actor; owner name; usuario; benutzer; benutzername; utilisateur; utente; gebruiker; remote user; acting user; logged in user; principal; db user name; uid name",
    "DOB": """born at; fnac; fodselsdag; syntaika; bdt; gimimo data; gimimo; dzimsanas datums; sunniaeg; datum rodenja; datum rodjenja; datum rojstva; datum narodenia; datum rodenja pacijenta; bth dt; bthdt; brth dt; bth date; birth dte; dte of birth; gbdat; ngay sinh; ngaysinh; tanggal lahir; tgl lahir; data nasterii; szul; szuletesi datum; szuletesi ido; szuletett; ημερομηνία γέννησης; תאריך לידה; วันเกิด; วันเดือนปีเกิด; дата народження; জন্ম তারিখ; تاریخ تولد; tarehe ya kuzaliwa; petsa ng kapanganakan; tarikh lahir; narozena; urodzony dnia; geboren; geboren am; nee le; né; née; né le; née le; nacido; nacida; nacido el; nacida el; nascido; nascida; nascida em; nascido em; nato il; nata il; urodzony; urodzona; ur; data ur; f nac; fec nac; fecnac; fechanac; fec nacimiento; dt nasc; data nasc; dtnasc; datanasc; gebdat; gebdatum; geb dat; geb datum; gebtag; naiss; date naiss; ddn; birth dt; birthdt; bdate; dateofb; birth dttm; pt dob; pat dob; member dob; subscriber dob; sub dob; fodt; født; fodelsedag; narozen; datum narozeni; datum rodjenja; syntynyt; dogum tarihi; 誕生日; 生日; 생년월일; تاريخ الميلاد; الميلاد; д р; дата рожд; जन्म तिथि; nascimento data; geburt; dob; date of birth; birth date; birthdate; birthday; birth; born; born on; d o b; patient dob; dateofbirth; yob; birth year; year of birth; birth day; birth month; birth time; bday;
        fecha nacimiento; fecha de nacimiento; fechanacimiento; nacimiento; geburtsdatum; geburtstag; geb; date naissance; date de naissance; datenaissance; naissance; data nascimento; data de nascimento; nascimento;
        data nascita; data di nascita; nascita; geboortedatum; geboorte; data urodzenia; fodelsedatum; födelsedatum; fødselsdato; syntymaaika; 生年月日; 出生日期; дата рождения""",
    "AGE": "age; patient age; age years; edad; alter; leeftijd; idade; alder; 年齢; 年龄; age in years; age at",
    "DATE": """dc date; thru date; proc date; drawn at; resulted at; written date; deceased at; transplant date; implant date; vaccinated on; vaccination date; termination date; coverage start; coverage end; enroll date; enrollment date; follow up date; followup date; check in time; opname datum; opnamedatum; ontslag datum; ontslagdatum; data ricovero; data dimissione; data przyjecia; data wypisu; edd; service through; dtstart; dtend; dos from; dos to; service from; service to; svc date; svc dt; from dos; to dos; admit dt; adm dt; adm date; disch dt; disch date; discharge dt; visit dt; encounter dt; appt dt; appointment time slot; appt time slot; slot start; fill dt; filled; rx date; study date; series date; acquisition date; exam dt; collection dt; collected on; received specimen; specimen collected; visit start; visit end; encounter start; encounter end; admission time; fecha de ingreso; fecha de alta; fecha de la cita; fecha consulta; date entree; date de sortie; date rdv; date rendez vous; rdv; data consulta; data internacao; data alta; data admissao; aufnahme; entlassen; entlassen am; aufgenommen; aufgenommen am; termindatum; untersuchungsdatum; 受診日; 入院日; 退院日; 予約日; 入院日期; 出院日期; дата приема; дата визита; تاريخ الموعد; seen on; last fill; next refill; expected discharge; service dt; procedure dt; surgery dt; onset dt; lab date; result date; immunization dt; admission date; admit date; admitted; admitted at; admitted on; discharge date; discharged; discharged at; discharge time; date of service; service date; dos; visit date; visit; visit time; appointment; appointment date;
        appointment time; appt; appt date; appt time; date of death; death date; deceased date; dod; died; died on; surgery date; procedure date; onset; onset date; onset date time; encounter date; exam date; specimen date;
        collection date; collected; test date; fill date; filled on; refill date; prescribed on; date prescribed; authored on; effective date time; effective period; performed date time; recorded date; issued date; injury date; accident date; lmp; due date baby; edd;
        last visit; next visit; next appointment; scheduled for; treatment date; vaccination date; immunization date; date admitted; date discharged; fecha ingreso; fecha alta; fecha cita; cita; termin; aufnahmedatum; entlassungsdatum; entlassung; date admission; date sortie; dt admit; hire date; wedding date; statement date person""",
    "ADDRESS": """collect from; collected from; pick up from; pickup from; conveyed from; conveyed to; doorstep; scene address; delivery line; voie; poststed; postitoimipaikka; gemeinde; kommune; hausnr; str nr; municipality; township; numero ext; huisnummer; mahalle; ilce; last known location; stras; dia chi; alamat; adresa pacient; domiciliu; lakcim; lakhely; varos; utca; διεύθυνση; πόλη; כתובת; עיר; ที่อยู่; адреса; ঠিকানা; نشانی; آدرس; anwani; tirahan; bydliste; wohnhaft; wohnhaft in; strassenname; wohnadresse; bundesland; gade; vejnavn; osoite; katuosoite; kaupunki; ulice; adresa; miejscowosc; 都道府県; 市区町村; 番地; 城市; 주소; العنوان; المدينة; адрес; город; улица; पता; residing at; resides at; lives at; living at; moved to; street1; street2; street line; street line 1; street line 2; addr line; addr line1; addr line 1; address ln; addr ln; address1 text; st address; home addr; mail addr; mailing addr; city name; town city; city town; locality; sublocality; landmark; taluk; tehsil; mandal; colony; barangay; suburb name; ship address; delivery address; service address; ship to; bill to; ship to address; bill to address; permanent address; current address; address text; full address; direccion postal; poblacion; codigo provincia; numero calle; complemento; ville naissance; lieu naissance; lieu de naissance; geburtsort; ort geburt; adresse postale; complement adresse; localite; quartier; cidade natal; naturalidade; address; addr; street; street address; address line; address line 1; address line 2; address1; address2; addr1; addr2; line1; line2; home address; mailing address; shipping address; billing address; residence; city; town; village; county; parish; borough; suburb;
        neighborhood; pickup; pickup address; dropoff; drop off; dropoff address; destination address; apt; apartment; unit number; house number; po box; location address; home; birth place; birthplace; place of birth; hometown; precinct; district home; census tract; what three words;
        direccion; dirección; calle; ciudad; colonia; municipio; localidad; domicilio; provincia; strasse; straße; hausnummer; wohnort; ort; stadt; anschrift; adresse; rue; ville; commune; domicile; endereco; endereço; rua; bairro; cidade; logradouro; indirizzo; via; citta; città; comune; adres; straat; woonplaats; plaats; ulica; miasto; adress; gata; stad; 住所; 地址""",
    "ZIP": "pincode; zip5; zip plus4; post nr; postnr; psc; eircode; kode pos; cod postal; codpostal; irsz; postinumero; 우편번호; الرمز البريدي; индекс; postal cd; zip cd; zipcd; post cd; zippostal; zip postal; zip; zip code; zipcode; zip4; postal; postal code; postalcode; postcode; post code; codigo postal; código postal; cp postal; plz; postleitzahl; code postal; cep; cap code; postnummer; kod pocztowy; pin code postal; 郵便番号; 邮编; zip3",
    "GEO": "lat; lng; lon; latitude; longitude; geo; geolocation; coordinates; coords; lat lng; latlng; latlong; gps; geo point; geohash; position gps; lat lon",
    "MRN": "umrn; ur number; ur no; registro hospital; cartella; num cartella; numero cartella; cartella clinica; protokol no; hasta no; hastano; fall nr; fallnr; akten nr; kartei nr; no rm; rekam medis; no rekam medis; ma benh nhan; ma bn; mrno; hosp num; hospital num; hospital no; nhi; nhi number; uhid; chi; chi number; hn number; ur number; urn number; patient file number; file number patient; patientenakte; numero histoire; nhs trust number; hospital mrn; local patient identifier; kartei; karteinummer; akte; kennnummer; カルテ番号; 病历号; 病案号; رقم الملف; номер карты; 診察券番号; chart mrn; ehr number; empi id; n historia; num historia; hist clinica; mrn; medical record; medical record number; med rec; med rec no; medrec; record number; chart number; chart no; chart id; chart; hospital number; hospital no; hosp no; patient mrn; emr id; ehr id; mr number; mr no; record no; empi; mpi; unit record number; historia clinica; expediente; fallnummer; aktenzeichen; numero dossier; dossier; ipp; prontuario; kartoteket; nhc; medicalrecordnumber; record locator",
    "PATIENT_ID": "wristband; wrist band; wrist band id; armband; band id; pasientnr; health no; subject ref; pseudonym; journalnummer; his id; lis no; profile ref; proxy for; on behalf of; acting for; full url; order no; order nbr; orderno; patienten nr; auftrag nr; auftragsnummer; emp; emp number; reg no; registration no; registration number; rezept id; rezeptnummer; rezept nr; receta id; numero receta; ordonnance id; numero ordonnance; recept id; script number; client ref; client reference; customer ref; pat ref; person ref; member ref; emp no; emp id; employee no; staff no; personnel no; guest no; utente; num utente; numero utente; sns; portal id; portal user id; abha; abha number; health id; ehealth id; patient code; pat id; patid; patnr; pat nr; external subject id; client no; beneficiary ref; recipient id patient; 患者id; 患者番号; 환자번호; 患者编号; رقم المريض; номер пациента; pasientid; id pacjenta; pacjent id; potilas id; numero caso; vorgangsnummer patient; behandlungsnummer; aufnahmenummer; numero admission; iep; ndossier; patient id; patientid; pt id; ptid; pid patient; patient number; patient no; patient identifier; patient key; patient uuid; patient guid; patient ref; patient reference; subject id; person id; personid; individual id; enterprise id; external patient id; internal patient id; customer id; client patient id; user id; userid; id paciente; paciente id; patienten id; patientennummer; patient nr; id patient; patientnr; encounter id; encounter number; encounter; visit id; visit number; episode id; admission id; admission number; csn; fin; fin number; har; participant id; resident id; consumer id; member user id; case number; case id; study subject; subject number; referral id; patient account id; profile id; contact id; guest id; appointment id; accession; accession number; specimen id; lab id; sample id; order number; prescription id; prescription number; rx number; rx id; rxnumber; rx no; script id; donor id; caller user id; uid user; patients; patient ids; studyinstanceuid; study instance uid; employee id; staff id; badge id; badge; badge number; employee number; worker id number; auth id; authorization number; auth number; prior auth; prior authorization number; kundennummer; patientkey; subjectid; personnel number",
    "MEMBER_ID": "hic; insuree; verzekerdenr; num adherent; no adherent; adherent; numero socio; benefit id; kvnummer; krankenkassennr; dva no; sub no; pol number; contract no; contract number; medi cal id; medi cal; kassennummer; apolice; polizza; no assure; numero assure; relatienummer; nr polisy; hpid; convenio; numero convenio; convenio numero; versicherten nr; versicherten nummer; mitglieds nr; vertrags nr; policen nr; vsnr; versnummer; the bhyt; bhyt; so the bhyt; no bpjs; bpjs; no peserta; philhealth; philhealth no; mbr id; mbrid; mbr no; mbr nbr; mbr number; subid; subscr id; subscriber nbr; payer member; plan member id; insured no; insurer member id; krankenkasse nr; krankenkassennummer; versichertennr; vers nr; versnr; versicherten id; numero adherent mutuelle; numero mutuelle; num contrat; numero beneficiario; plano de saude; numero carteira; carteira; num carteirinha; tarjeta sanitaria; cip; cipa; nass; tsi; nuss; numero tessera sanitaria; tessera sanitaria; polis; polisnr; 保険証番号; 被保険者番号; 記号番号; 医保号; رقم التأمين; полис; номер полиса; ihi number; medicare no; card number member; group num; grp num; grp no; policy num; pol no; pol num; pol nbr; health insurance number; health fund number; hf number; cert no member; xref member; member; members; member id; memberid; member number; member no; membership id; membership number; subscriber id; subscriberid; subscriber number; subscriber no; insurance id; ins id; insurer id; ins no; ins number; insurer number; insurance card number; insurance number; insurance no; insurance member; insurance policy; insured id; insured number; policy; policy number; policy no; policy id; group number; group no; plan member; plan no; plan number; plan id; health plan number; health plan id; health plan; health plan beneficiary; beneficiary id; beneficiary number; beneficiaryid; hicn number; payer id member; payer member id; enrollee id; enrollment id; coverage id; coverage number; card id; insurance card; eligibility id; medicaid; rx bin; rxbin; rx group; rxgrp; rxgroup; pcn; cardholder id; dependent id; claim id; claim number; claim no; claimnumber; claimid; claim; icn; versichertennummer; versicherungsnummer; krankenversicherungsnummer; kvnr; numero poliza; poliza; póliza; numero afiliado; afiliado; numero adherent; mutuelle; carteirinha; tessera; polisnummer; verzekeringsnummer; policy holder id; certificate of coverage; memberno; policyno; hplan",
    "ACCOUNT": "paid to; pay to; payable to; remit to; invoice no; invoice number; receipt no; receipt number; requisition no; requisition number; acct nbr; acctnbr; acct id; hospital account; hospital account number; har number; guar acct; guarantor acct; guar no; patient acct; pat acct; pt acct; bank acct; bank acc; acc no; acc number; iban number; kto; ktonr; kto nr; blz; cbu; clabe; pix; chave pix; upi id; upi; nro cuenta; nro de cuenta; rib; num compte; numero rekening; bsb; invoice account; billing acct; account number; account no; acct; acct no; acct number; acct num; account num; accountnumber; accountno; bank account; bank account number; iban; routing number; aba; aba number; swift; bic; invoice number patient; billing id; billing account; guarantor account; patient account; patient account number; statement number; payment account; kontonummer; konto; cuenta; numero cuenta; numero de cuenta; numero compte; compte; conta; conto; rekening; rekeningnummer; billing number; financial number; hsa account; fsa account; sort code; wallet id; bank; account id patient; acctid; customer account; customer number; client number; loan number",
    "LICENSE": "driver lic; ausweisnr; ausweis nr; reisepass; reisepassnummer; pasaporte; num pasaporte; numero pasaporte; permis; permis conduire; carnet; paspoort; paspoortnummer; dvla no; dvla number; driver number; lic no; lic number; lic num; state lic; rpps number; bma number; gmc; gmc number; nmc pin; ahpra; license number; licence number; license no; licence no; driver license; drivers license; driver licence; driving licence; driving license; drivers licence; dl number; dl no; dln; driver license number; license id; certificate number; medical license; state license; license; licence; fuehrerschein; permiso conducir; licencia; permis conduire; certificate no; cert number; rn license; cnh; rijbewijs; patente; board certification; licensenumber",
    "DEA": "dea; dea number; dea no; dea id; deanumber; prescriber dea",
    "NPI": "hcp; hcp id; hcp no; provider identifier; prov id; provider no; prov npi; provider number; rendering prov npi; ordering npi; attending npi; referring npi; npi; npi number; provider npi; rendering npi; billing npi; national provider; national provider identifier; provider id; prescriber id; prescriber npi; physician id; practitioner id; doctor id; clinician id; clia; facility npi; lanr; bsnr; rpps; nurse id",
    "VIN": "vin; vehicle; vehicle id; vehicle vin; vin number; vehicle identification number; chassis number; fahrgestellnummer",
    "PLATE": "immatriculation; rejestracja; nr rejestracyjny; plate; license plate; licence plate; plate number; plate no; licenseplate; vehicle plate; number plate; vehicle registration; reg plate; tag number vehicle; registration plate; kennzeichen; matricula; placa; plaque; targa; kenteken; rego",
    "DEVICE_ID": "device unique identifier; unique device identifier; unique device id; device unique id; udid; hwid; hardware uuid; hardware identifier; vendor uuid; advertising identifier; ssaid; oaid; widevine id; device fingerprint; browser fingerprint; phone imei; modem imei; handset imei; hw id; di pi; idfv; adid; aaid; vendor identifier; identifier for vendor; install id; device uid; bluetooth id; rfid; rfid tag; nfc tag; card uid; fcm; apns; push id; caller computer name; source workstation; s n; transmitter; transmitter id; transmitter serial; implant sn; device sn; serial nbr; serialno; serial num; dev id; dev serial; device no; pump sn; geraetenummer; seriennr; geraete id; gerate id; no serie; n serie; numero de serie; dispositivo id; udi di; udi pi; pacemaker serial; icd serial; lead serial; device serial; device serial number; serial; serial number; serial no; serialnumber; sn; device id; deviceid; device identifier; device uuid; udi; imei; imsi; iccid; meid; mac; mac address; macaddress; wifi mac; bluetooth mac; bluetooth address; implant; implant serial; implant id; pacemaker; pacemaker id; pump serial; pump id; meter id; sensor serial; sensor id; wearable; wearable id; device udi; advertising id; idfa; gaid; android id; device token; push token; fcm token; apns token; monitor serial; cgm serial; cgm id; ventilator id; infusion pump; seriennummer; numero serie; número serie; glucose meter id; hardware id; machine serial; equipment serial; tracker id; device imei; sim card; sim serial",
    "BIOMETRIC": "face id template; faceid; faceid template; touch id template; finger template; iris template; voice template; biometric; biometrics; fp template; palm vein; mugshot; fingerprint id; fingerprint template; finger print; thumbprint; biometric; biometric id; biometric hash; biometrics; face id; face; face template; face embedding; faceprint; facial; retina; iris; iris scan; retina scan; voice print; voiceprint; voice sample; palm print; palmprint; selfie; selfie url; photo; photo url; patient photo; portrait; headshot; avatar; avatar url; picture; profile picture; profile image; id photo; image face; genome; dna; dna profile; genetic; foto; lichtbild; huella; photo id; face url; photos; signature image",
    "CREDIT_CARD": "credit card; card number; card no; cardnumber; cc; ccn; cc number; pan; primary account number; debit card; card num; payment card; credit card number; card; tarjeta; numero tarjeta; kreditkarte; kartennummer; carte bancaire; creditcard; card last4; card last four; last4; last four; card exp; card expiry",
    "DIAGNOSIS": "hipotese; hipotese diagnostica; nebendiagnose; anamnesis; hx; indication; indications; indication code; spo2; o2 sat; blood pressure; heart rate; respiratory rate; blood glucose; weight kg; height cm; body temp; cause of death; enfermedades; sintomas; aufnahmegrund; einweisungsdiagnose; einweisungsgrund; klacht; klachten; reden opname; motivo ricovero; motivo ingreso; motif hospitalisation; motif visite; motif admission; diet order; smoking status; covid result; proc name; proc code; surgery type; lab name; loinc name; body site; bodysite; modality desc; injury desc; result text; observation text; family history; soap note; ros; gravida; tani; sikayet; dx1; dx2; dx3; dx primary; dx list; diag1; diag2; diag cd; diagnosis cd; dx cd; icd cd; icd10cm; icd 10 cm; cie10; cie 10; cid10; cid 10; cim10; motif consultation; motif de consultation; motivo de consulta; antecedentes; befund; anamnese; beschwerden; symptome; rozpoznanie; diagnoza; diagnos; diagnoosi; 診断名; 主訴; 症状; 疾病; 主诉; التشخيص; диагноз; निदान; reason for referral; referral reason; clinical indication; past medical history; pmh; allergen; surgical history; proc desc; procedure text; lab test; test ordered; prueba; study description; study desc; series description; body part; loinc display; triage reason; presenting problem; diagnosis cd desc; dx desc; dx text; diag desc; diag text; admit dx; admitting dx; discharge dx; working dx; primary dx; secondary dx; principal dx; diagnosis; diagnoses; diagnosis code; diagnosis codes; diag; diag code; dx; dx code; dx codes; primary diagnosis; admitting diagnosis; principal diagnosis; secondary diagnosis; icd; icd code; icd9; icd10; icd 10; icd 9; icd10 code; icd 10 code; health condition; medical condition; patient condition; disease; illness; disorder; symptom; symptoms; chief complaint; complaint; presenting complaint; reason for visit; visit reason; reason for admission; problem list; comorbidities; allergy; allergies; procedure code; cpt; cpt code; cpt codes; hcpcs; snomed; snomed code; procedure; surgery; treatment; clinical note; clinical notes; progress note; doctor note; nurse note; medical history; history of present illness; hpi; findings; impression; prognosis; lab result; test result clinical; hba1c; a1c; blood; blood type; blood group; hiv status; pregnancy; pregnancy status; disability; drg; drg code; diagnostico; diagnóstico; diagnose; diagnostic patient; diagnosi; hauptdiagnose; entlassdiagnose; alergias; allergie; motivo consulta; enfermedad; krankheit; maladie; vaccine; immunization; race; ethnicity; religion; marital status; sexual orientation; gender identity; bmi; triage note; care plan; clinical summary; diagnosiscode; diagnosis text; diagnosis description; dx description; 診断; 病名; 诊断",
    "MEDICATION": "preparat; vax; iv fluid; dme item; pzn; principio attivo; pill; medicatie; medicijnen; medisin; medisiner; farmaci; medikamenten; medicinali; farmaco prescritto; rx name; rx drug; drug nm; drug desc; drug label; med name; med list; medname; medication list; active meds; current meds; home meds; wirkstoff; arzneimittel; praeparat; verordnung; medicacion; principio activo; medicacao; posologie; dawka; lek; leki; lakemedel; laakitys; ilac; 処方; 薬品名; 药名; الدواء; лекарство; препарат; drug strength; rx strength; rx sig; sig text; dispensed drug; dispensed item; formulation; medication; medications; medication name; med; meds; drug; drugs; drug name; medicine; medicines; rx; prescription; prescriptions; prescribed; ndc; ndc code; rxnorm; rxcui; dose; dosage; dosage instruction; sig; regimen; active ingredient; substance; pharmaceutical; medicamento; medicamentos; farmaco; medikament; medikation; médicament; medicament; traitement; geneesmiddel; medicijn; remedio; drug code; treatment drug; antibiotic; infusion drug; vaccine name; din; brand name; generic name; 薬; 薬剤; 药品",
    "WARD": "abteilung; fachabteilung; avdeling; osasto; program unit; care area; transfer to; transfer from; admit to; ed zone; chair no; pflegebereich; servicio ingreso; unidad hospitalaria; unite fonctionnelle; service hospitalier; yatak; oda no; stationsname; stations name; pflegestation; consultorio; sala de espera; station name; station zimmer; bett nr; zimmer nr; bettnr; pokoj; oddzial; lozko; bed label; bed name; room name; rm; rm no; rm bed; loc bed; room num; bed num; nurse unit; nurse station; inpatient unit; unit room; department bed; cama numero; no cama; no chambre; numero chambre; numero lit; 病床; 房间; 床位; 床号; кровать; палата; السرير; الغرفة; bay number; operating room; or room; icu bed; ward; ward name; ward id; ward code; room; room number; room no; bed; bed number; bed id; bed no; nursing unit; care unit; point of care; floor; room bed; patient location; bed location; unit bed; station; sala; habitacion; habitación; cama; zimmer; zimmernummer; bett; chambre; lit; leito; quarto; enfermaria; afdeling; kamer; stanza; reparto; letto; avdelning; 病棟; 病室; department patient; assigned location; hospital ward; facility ward; servicio hospitalario",
    "IP": "xff; ip; ip address; ipaddress; client ip; clientip; client address; client addr; remote ip; remote addr; remoteaddr; remote address; source ip; source address; src ip; srcip; user ip; visitor ip; x forwarded for; x real ip; true client ip; cf connecting ip; forwarded for; x client ip; caller ip; sourceip; origin ip; login ip; last ip; ip addr; ipv4; ipv6; session ip; http client ip; fastly client ip; x cluster client ip; peer ip; remote host",
    "URL": "personal url; profile url; patient url; homepage; linkedin; facebook; instagram",
    "IDENTIFIER": "identifier value; unique id person; personal id; external member ref; identifying number; identity; subject identifier; household id; family id; household",
}  # fmt: skip

# structural roles -> key spellings
_ROLES: Final[dict[str, str]] = {
    "name": """alert policy; alert policies; alert policy names; alerting policy; scaling policy; retention policy; network policy; backup policy; lifecycle policy; bucket policy; retry policy; restart policy; pull policy; cache policy; eviction policy; notification policy; placement policy; update policy; security policy; アラート名; サービス名; ホスト名; サーバー名; サーバ名; ジョブ名; ファイル名; テーブル名; システム名; イベント名; ルール名; キュー名; 告警名称; 主机名; 服务名; 任务名; 规则名称; entity display name; entity name; monitor display name; service display name; check display name; vendor; robot; gateway; kiosk; printer; analyzer; analyser; carrier; servicio; servico; servizio; dienst; dienstname; tjeneste; tjanst; palvelu; usluga; hizmet; sluzba; serwis; szolgaltatas; layanan; 服务; 服務; サービス; сервис; сервіс; служба; 서비스; שירות; บริการ; hote; anfitrion; servidor; serveur; serwer; kiszolgalo; sunucu; wezel; knoten; knooppunt; noeud; uzel; rechner; 主机; ホスト; сервер; хост; cola; fila; file attente; warteschlange; wachtrij; kolejka; kuyruk; 队列; キュー; очередь; modulo; módulo; modul; модуль; komponente; composant; componente; entorno; umgebung; environnement; ambiente; omgeving; miljo; srodowisko; aplicacion; anwendung; aplicacao; applicazione; toepassing; aplikacja; uygulama; instancia; instanz; proceso; prozess; processus; tarea; aufgabe; tache; tarefa; zadanie; gorev; 应用; アプリ; 模块; 环境; colo; datacenter; data center; pop name; alertname; alert name; alert; rule; rule name; rulename; service; service name; app; app name; application; application name; component; module; package; logger; logger name; log name; platform; environment; env; stage; region; zone; availability zone; az;
        cluster; cluster name; namespace; pod; pod name; container; container name; deployment; deployment name; job; job name; instance; host; host name; hostname; server; server name; node; node name; nodename; device; disk; mountpoint; mount; fstype; interface; namespace name; metric; metric name; topic; queue; queue name; stream; channel; partition name; table; table name; column name; relation; index name; schema; schema name; database; database name; db; db name; dbname; collection; bucket; image; image name; image tag; tag; release; version; firmware; build; branch; repo; repository; team; squad; owner team; receiver; route; integration; monitor name; dashboard; policy name; escalation policy; workflow; step; pipeline; operation; operation name; transaction; transaction name; thread; thread name; handler; controller; endpoint; grafana folder; rulegroup; rule group; function name; task name; event name; event type; eventtype; detail type; resource type; resourcetype; culprit; tenant; organization; org name; workspace; project; project name; site; facility code; alarm name; alarmname; prometheus; quantile; le; method name; http host; http route; client; runtime; runtime name; sdk; sdk name; os; os name; browser; browser name; source system; sending application; sending facility; receiving application; feature flag; state machine; category; group name; log group; log stream; plugin; driver; provider system; upstream; backend; shard; worker; consumer; producer; consumer group; consumergroup; subsystem; facility; chart; helm chart; kind; api version; apiversion; protocol; processor; connector; model name; script; script name; command name; test name; check name; check; monitor; broker; source; source name; event source; eventsource; trigger name; integration name; http target template; user agent; useragent; http user agent; telemetry sdk; language; locale; timezone; encoding; content type; contenttype; accept; accept encoding; accept language; mime type; media type; unit; content encoding; compiler; program; ident; syslog program; unit name; systemd unit; process name; processname; exe; binary""",
    "code": "κωδικός; รหัส; الرمز; کد; codigo; codigo error; codigo erro; code erreur; fehlercode; fehlernummer; codice; codice errore; foutcode; felkod; fejlkode; feilkode; virhekoodi; kod bledu; kod; hata kodu; hata; kode; kode error; kodas; 错误码; 错误代码; コード; エラーコード; код; код ошибки; код помилки; 오류코드; קוד; filename; file name; file; abs path; abspath; path file; function; lineno; line; line number; colno; col; column; module; exception; exception type; exception class; error class; error type; errortype; exc type; class; class name; caller file; location code; stack; code location; source file; sourcefile; frame; symbol; method; http method; request method; verb; raw function; package path; in app; instruction addr; image addr; debug id; code file; context line; pre context; post context; error code; errorcode; err code; code; status code; statuscode; http status; http code; response code; sqlstate; errno; exit code; exitcode; reason code; result code; ack code; hl7 ack; fault code; signal; syscall",
    "id": """condition family id; family id condition; ncpdp; cost center; cost centre; affected account; affected accounts; ncpdp id; ncpdp no; pharmacy ncpdp; isa13; gs06; st02; msh10; msa2; bht03; trn; trn02; cf ray; control id; message control id; msg control id; interchange control number; folio; color; colour; theme color; background color; control; traza; spur; spoor; sporing; id traza; id solicitud; id peticion; anfrage id; vorgangs id; trasa; 追踪; トレース; id; batch number; batch nbr; payer id; payor id; trading partner id; receipt handle; insert id; message sid; account sid; call sid; service sid; conference sid; event sid; trace id; traceid; span id; spanid; parent span id; parent id; parentid; request id; requestid; req id; reqid; correlation id; correlationid; event id; eventid; message id; messageid; msg id; msgid; transaction id; transactionid; txn id; tx id; job id; jobid; task id; taskid; run id; runid; build id; build number; commit; commit id; commit sha; sha; sha256; sha1; md5; git sha; revision; rev; release id; deployment id; incident id; incidentid; incident key; alert id; alertid; monitor id; org id; orgid; organization id; project id; projectid; tenant id; tenantid; cluster id; node id; pod id; pod uid; container id; instance id; instanceid; host id; process id; pid; ppid; tid; thread id; dedup key; dedupkey; fingerprint; digest; etag; checksum; hash; signature version; group key; groupkey; aggregation key; x request id; x correlation id; x amzn trace id; traceparent; trace; span; root cause id; rule id; ruleid; rule uid; dashboard id; dashboard uid; panel id; integration id; service id; resource id; resource name; arn; topic arn; queue arn; aws account id; awsaccountid; account aws; subscription arn; delivery id; delivery tag; batch id; batchid; execution id; workflow id; workflow run id; flow id; step id; attempt id; invocation id; lambda request id; issue id; issue key; ticket id; ticket; ticket number; change id; change number; uid; celery task; celery task id; worker id; replica id; shard id; partition key hash; offset; sequence id; snapshot id; volume id; image id; ami id; vpc id; subnet id; key id; kid; key fingerprint; thumbprint cert; cert serial; certificate serial; oid; loinc; loinc code; template id; schema id; version id; versionid; api id; app id; appid; application id; client app id; environment id; control id; message control id; interchange control number; control number; isa control; gs control; file id; upload id; object id hash; trip; sync id; webhook id; notification id; notificationid; subscription id; log id; logid; feature id; experiment id; hook id; report id; query id; queryid; connection id; conn id; socket id; stream id; consumer id group; lock id; lease id; cache key hash; dag id; dagrun id; dd trace id; dd span id; nonce; unsubscribe url; signature; signing cert url; external alert id; rollup key; monitor uid; ncpdp version; msg key; lsn; wal lsn; alias; tiny id; short id; watch id; query hash; plan cache key; ctx; connection; conn; req; span name id; exec id; sys id; number incident""",
    "time": """range; date range; time range; horodatage; fecha hora; hora; zeitpunkt; zeitstempel; tijdstip; tidspunkt; data hora; datahora; momento; 时间; 時刻; 日時; время; zaman; timestamp; ts; time; datetime; at; starts at; startsat; ends at; endsat; started at; startedat; ended at; start time; starttime; end time; endtime; created; created at; createdat; created on; created date; created time; updated; updated at; updatedat; last updated; lastupdated; modified; modified at; last modified; received at; received; event time; eventtime; occurred at; occurred; fired at; triggered at; resolved at; acknowledged at; opened at; closed at; first seen; last event time; log time; logged at; sent at; sent; queued at; enqueued at; processed at; finished at; completed at; failed at; expires; expires at; expiry; expiration; exp; iat; nbf; not before; not after; valid until; valid from; state change time; statechangetime; last seen; last seen at; last seen alert; last success; last run; next run; next retry; next attempt; retry at; deadline; published at; deployed at; detected at; last heartbeat; heartbeat at; observed time; scheduled time; since; until; now; utc time; local time; date time; ingested at; last transition time; lasttransitiontime; first timestamp; last timestamp; build date; release date; checked at; last check; polled at; boot time; start; end; started; finished; time stamp; date""",
    "number": """current; committed; resource version; occurrences; occurrence count; current offset; committed offset; end offset; log end offset; high watermark; ifindex; if index; intento; tentativa; tentativi; tentatives; versuch; versuche; poging; pogingen; proba; deneme; forsok; yritys; duracion; duracao; duree; durata; dauer; duur; latencia; puerto; porta; cantidad; anzahl; aantal; liczba; adet; tamano; groesse; taille; 端口; 次数; 耗时; 重试; ポート; 回数; попытка; порт; linea; ligne; zeile; riga; linha; wiersz; 行; umbral; schwellwert; seuil; soglia; drempel; count; us; ns; micros; nanos; counts; total; totals; sum; avg; average; mean; min; max; median; p50; p90; p95; p99; p999; stddev; rate; ratio; percent; pct; percentage; score number; value; values; current value; threshold; limit; quota; size; bytes; byte count; length; len; duration; duration ms; latency; latency ms; elapsed; elapsed ms; took; took ms; timeout; ttl; interval; period; delay; delay ms; backoff; retries; retry; retry count; attempt; attempts; attempt number; max attempts; max retries; port; ports; pid number; rows; row count; rowcount; records; record count; batch size; page; page size; per page; limit rows; position; depth; queue depth; queue size; lag; consumer lag; backlog; pending; in flight; inflight; active; idle; connections; threads; workers; replicas; restarts; restart count; exit status; priority number; level number; severity number; uptime; uptime s; memory; mem; heap; heap used; rss; cpu; cpu percent; load; disk used; free; used; available; battery; battery pct; voltage; temperature device; queue length; eta; eta s; seq; sequence; sequence number; seqno; iteration; epoch; generation; partition; index; idx; step number; progress; succeeded; failed count; errors; error count; warnings; success count; num failures; truncated alerts; truncatedalerts; dropped; skipped; processed; datapoints; evaluation periods; evaluationperiods; amount; cost; price; docs; docs examined; balance; budget; qty; quantity; width; height; x; y; z; weight number; samples; sample rate; bucket; buckets; timeout ms; timeout s; ms; seconds; secs; minutes; hours; days; kb; mb; gb; content length; request size; response size; response time; response time ms; response ms; bytes sent; bytes received; body size; rt; rps; qps; tps; hits; misses; hit rate; concurrency; pool size; max connections; capacity; utilization; orgid""",
    "enum": """sig alg; sig algorithm; signature algorithm; hash alg; hash algorithm; digest alg; sign alg; alg; algorithm; nivel; niveau; livello; poziom; seviye; gravedad; schweregrad; severite; gravita; 级别; レベル; уровень; prioridad; prioridade; priorite; prioritaet; status; state; level; severity; sev; priority; urgency; impact; result; outcome; action; event action; eventaction; type; mode; phase; health; healthy; ready; enabled; disabled; active flag; success; ok; handled; mechanism; reason enum; verdict; decision; direction; comparison operator; statistic; new state value; newstatevalue; old state value; oldstatevalue; alert state; alertstate; event status; condition status; transport; scheme; log level; loglevel; lvl; transition; alert type; alert status; signature; gender; sex; use; country; country code; currency; state code; os type; device type; tls version; http version; dry run; retryable; transient; in progress; acknowledged; resolved flag; muted; silenced; firing; answer; boolean; flag; visibility; role; operation type; op; method type; change type; diff; bool; treat missing data; treatmissingdata""",
    "url": """chart url; chart uri; chart link; chart image; image chart; url; uri; link; href; runbook; runbook url; dashboard url; dashboardurl; panel url; panelurl; silence url; silenceurl; generator url; generatorurl; external url; externalurl; request url; http url; target url; callback url; webhook url; referer; referrer; html url; web url; endpoint url; console url; log url; logs url; alert url; issue url; permalink; source url; snapshot; snapshot url; image url; client url; query url; base url; api url; service url; redirect url; redirect uri; request uri; request path; path; http path; http target; uri path; location url; url path; full path; unsubscribeurl; signingcerturl; subscribe url; request line""",
    "free": "subject; message; msg; description; summary; title; subject line; text; body; content; note; notes; detail; details; error; error message; errormessage; err; reason; cause; exception message; stacktrace; stack trace; traceback; log; logs; line text; log message; output; stdout; stderr; comment; comments; annotation; event; event message; payload; data; request body; response body; response; request; raw; raw message; query; sql; statement; parameters; params; args; arguments; kwargs; vars; locals; context; extra; custom details; metadata; properties; props; attributes; labels; tags; fields; values list; items; entries; results; records list; html; xml; json; hl7; x12; edi; csv; state reason; newstatereason; new state reason; alarm description; alarmdescription; subject text; fingerprint text; headline; short description; long description; work notes; close notes; problem; issue; hint; suggestion; help; usage; prompt; query string; querystring; query params; form; form data",
}  # fmt: skip

# what stands below a key that holds an object or a list
_SUBJECTS: Final[dict[str, str]] = {
    "person": "pacientas; pacients; patsient; bolnik; pacijent; pasyente; pacienti; actor; reporter; assignee; creator; author; commenter; approver; reviewer; mbr; mbrs; mem; pt; pts; subscr; bene; benef; guar; cust; px; enrollees; residents; clients; claimants; dependants; dependant; guardian; guardians; witness; hasta; usr; wearer; assure; versicherter; versicherte; utente; pacient; pacjent; callee; caller; claimant; occupant; assured; policy owner; patient; patients; member; members; subscriber; guarantor; beneficiary; insured; customer; user; users; person; people; contact; contacts; guardian; caregiver; next of kin; emergency contact; passenger; passengers; client person; employee; enrollee; dependent; dependents; individual; consumer; participant; resident; spouse; child; children; mother; father; donor; recipient; applicant; paciente; patienten; patientin; utilisateur; usuario; kunde; cliente; cardholder; policyholder; policy holder; visitor; pid; pat; demographics; demographic; profile; identity; related person; subject; driver; rider; attendee; student; owner person; requester; sender; payee; relative; nok",
    "provider": "provider; prescriber; doctor; physician; practitioner; nurse; surgeon; clinician; therapist; attending; pcp; pharmacist; performer; requester clinician; ordering provider; rendering provider; referring provider; arzt; medico; médico; medecin",
    "address": "address; addresses; addr; home address; mailing address; billing address; shipping address; location address; direccion; adresse; endereco; indirizzo; adres; residence; pickup; dropoff; anschrift; domicilio",
    "name": "name; names; patient name; full name; legal name; human name; nombre completo",
    "biometric": "biometric; biometrics; biometric data",
    "telecom": "telecom; phone; phones; telephone; contact point; contact info; contactinfo; telephones; phone numbers; emails; contact details; telefono; telecoms",
    "clinical": "diagnosis; diagnoses; procedure; procedures; allergy; allergies; problem list; problems; dx; observation; observations; symptoms; vitals; lab result; lab results; clinical; chief complaint; diagnosen; diagnosticos; icd; encounter diagnosis; findings; medical history; reason for visit; immunization; family history",
    "medication": "medication; medications; meds; drug; drugs; prescription; prescriptions; rx; medication request; medication statement; medicamentos; medikamente; dosage; dose",
    "pay": "charge; card; credit card; payment; payment method; bank account; account details; bank; billing; billing info; charge source",
    "plan": "insurance; coverage; policy; health plan; plan; eligibility; payer member; insurance info; benefits; member plan; claim; claims",
    "device": "device; device info; implant; wearable; pacemaker; pump; glucometer; medical device",
    "vehicle": "vehicle; vehicles; ambulance; patient car",
    "infra": "ticket; issue; pull request; check run; check suite; workflow run; org; organization; project; monitor; service; services; cluster; node; pod; container; host; server; instance; deployment; app; application; job; task; runtime; os; sdk; release; build; k8s; kubernetes; kube; aws; gcp; azure; cloud; meta; rule; alert; alerts; incident; event; pipeline; workflow; git; commit; repo; repository; queue; topic; kafka; redis; postgres; db; database; trigger; dashboard; panel; team; trace; span; process; thread; check; checks; metric; metrics; stats; counters; resource; orgs; integration; escalation policy; workspace; otel; telemetry; agent; runner; image; disk; network; tags infra; browser; package; modules; dimensions",
    "cookies": "cookies; cookie; session cookies",
    "identifier": "identifier; identifiers; ids; external ids; external identifiers",
}  # fmt: skip

# under a subject, bare keys mean this
_UNDER: Final[dict[str, dict[str, str]]] = {
    "person": {
        "id": "PATIENT_ID", "ids": "PATIENT_ID", "identifier": "PATIENT_ID", "reference": "PATIENT_ID", "ref": "PATIENT_ID", "uuid": "PATIENT_ID", "uid": "PATIENT_ID", "guid": "PATIENT_ID", "key": "PATIENT_ID", "number": "PATIENT_ID", "no": "PATIENT_ID", "record": "MRN", "nr": "PATIENT_ID",
        "nm": "PERSON", "ime": "PERSON", "meno": "PERSON", "име": "PERSON", "emri": "PERSON", "fn": "PERSON", "ln": "PERSON", "bd": "DOB", "ad": "PERSON", "adi": "PERSON", "adı": "PERSON", "soyadı": "PERSON", "jina": "PERSON", "name": "PERSON", "first": "PERSON", "last": "PERSON", "middle": "PERSON", "given": "PERSON", "family": "PERSON", "full": "PERSON", "display": "PERSON", "title name": "PERSON", "label": "PERSON", "text": "PERSON", "value": "PERSON", "suffix": "PERSON", "maiden": "PERSON", "preferred": "PERSON",
        "date": "DATE", "birth": "DOB", "born": "DOB", "home": "PHONE", "work": "PHONE", "contact": "PHONE", "line": "ADDRESS", "location": "ADDRESS", "state": "ADDRESS", "region": "ADDRESS", "image": "BIOMETRIC", "ip": "IP", "language": "", "weight": "DIAGNOSIS", "height": "DIAGNOSIS", "account": "ACCOUNT",
        "code": "PATIENT_ID", "codigo": "PATIENT_ID", "codice": "PATIENT_ID", "kod": "PATIENT_ID", "kode": "PATIENT_ID", "код": "PATIENT_ID", "コード": "PATIENT_ID", "external id": "PATIENT_ID", "external": "PATIENT_ID", "url": "PATIENT_ID", "condition": "DIAGNOSIS", "conditions": "DIAGNOSIS", "reason": "DIAGNOSIS", "history": "DIAGNOSIS", "notes": "DIAGNOSIS", "note": "DIAGNOSIS", "alias": "PERSON",
    },
    "provider": {"id": "NPI", "identifier": "NPI", "reference": "NPI", "name": "PERSON", "first": "PERSON", "last": "PERSON", "given": "PERSON", "family": "PERSON", "display": "PERSON", "number": "NPI", "text": "PERSON", "value": "PERSON", "full": "PERSON"},
    "address": {"z": "ZIP", "c": "ADDRESS", "line": "ADDRESS", "text": "ADDRESS", "value": "ADDRESS", "full": "ADDRESS", "state": "ADDRESS", "region": "ADDRESS", "name": "ADDRESS", "number": "ADDRESS", "unit": "ADDRESS", "country": "", "district": "ADDRESS", "code": "ZIP", "formatted": "ADDRESS", "l1": "ADDRESS", "l2": "ADDRESS", "province": "ADDRESS", "type": "", "use": "", "street1": "ADDRESS", "street2": "ADDRESS", "st": "ADDRESS", "1": "ADDRESS", "2": "ADDRESS"},
    "biometric": dict.fromkeys(["template", "hash", "code", "data", "image", "id", "value", "scan", "print", "minutiae", "embedding", "vector", "sample", "url"], "BIOMETRIC"),
    "name": {"f": "PERSON", "l": "PERSON", "m": "PERSON", "family": "PERSON", "given": "PERSON", "first": "PERSON", "last": "PERSON", "middle": "PERSON", "text": "PERSON", "prefix": "PERSON", "suffix": "PERSON", "value": "PERSON", "full": "PERSON", "display": "PERSON"},
    "telecom": {"value": "PHONE", "number": "PHONE", "home": "PHONE", "work": "PHONE", "primary": "PHONE", "secondary": "PHONE", "text": "PHONE", "address": "EMAIL", "extension": "PHONE", "ext": "PHONE"},
    "clinical": {"code": "DIAGNOSIS", "display": "DIAGNOSIS", "text": "DIAGNOSIS", "name": "DIAGNOSIS", "value": "DIAGNOSIS", "description": "DIAGNOSIS", "desc": "DIAGNOSIS", "note": "DIAGNOSIS", "title": "DIAGNOSIS", "label": "DIAGNOSIS", "reaction": "DIAGNOSIS", "primary": "DIAGNOSIS", "secondary": "DIAGNOSIS", "date": "DATE", "onset": "DATE", "history": "DIAGNOSIS"},
    "medication": {"code": "MEDICATION", "display": "MEDICATION", "text": "MEDICATION", "name": "MEDICATION", "value": "MEDICATION", "description": "MEDICATION", "strength": "MEDICATION", "route": "MEDICATION", "frequency": "MEDICATION", "label": "MEDICATION", "form": "MEDICATION", "number": "PATIENT_ID", "id": "PATIENT_ID", "date": "DATE", "instructions": "MEDICATION", "quantity": "MEDICATION"},
    "pay": {"number": "CREDIT_CARD", "id": "ACCOUNT", "holder": "PERSON", "name": "PERSON", "last4": "CREDIT_CARD", "exp": "CREDIT_CARD", "expiry": "CREDIT_CARD", "token": "SECRET", "account": "ACCOUNT", "routing": "ACCOUNT", "last four": "CREDIT_CARD", "brand": "", "network": "", "funding": "", "scheme": "", "country": "", "currency": "", "bic": "", "swift": ""},
    "plan": {"id": "MEMBER_ID", "number": "MEMBER_ID", "member": "MEMBER_ID", "group": "MEMBER_ID", "no": "MEMBER_ID", "reference": "MEMBER_ID", "card": "MEMBER_ID", "holder": "PERSON", "identifier": "MEMBER_ID", "key": "MEMBER_ID", "value": "MEMBER_ID"},
    "device": {"id": "DEVICE_ID", "serial": "DEVICE_ID", "identifier": "DEVICE_ID", "number": "DEVICE_ID", "udi": "DEVICE_ID"},
    "vehicle": {"id": "VIN", "serial": "VIN", "identifier": "VIN", "chassis": "VIN", "number": "PLATE", "tag": "PLATE", "plate": "PLATE", "registration": "PLATE", "reg": "PLATE", "license": "PLATE"},
    "identifier": {"value": "IDENTIFIER"},
    "period": {"start": "DATE", "end": "DATE"},
}  # fmt: skip

# last words that turn a PHI word before them into something about the system: patient_count, email_status, phone_verified
_TAILS: Final[dict[str, str]] = {
    **dict.fromkeys(["count", "counts", "total", "num_total", "sum", "avg", "max", "min", "ms", "seconds", "secs", "duration", "latency", "size", "bytes", "length", "len", "rate", "ratio", "pct", "percent", "percentage", "limit", "quota", "threshold", "ttl", "timeout", "attempts", "retries", "retry", "errors", "failures", "index", "idx", "position", "port", "lag", "depth", "qps", "rps", "offset", "version", "score", "counter", "bucket"], "number"),
    **dict.fromkeys(["status", "state", "type", "enabled", "disabled", "valid", "invalid", "verified", "verification", "exists", "present", "missing", "required", "optional", "flag", "mode", "format", "level", "severity", "priority", "category", "result", "outcome", "masked", "redacted", "hashed", "encrypted", "null", "empty", "changed", "match", "matched", "mismatch", "mismatched", "allowed", "blocked", "bounced", "opt", "optin", "tier", "cohort", "variant", "strategy", "environment", "health"], "enum"),
    **dict.fromkeys(["service", "svc", "server", "table", "column", "columns", "schema", "topic", "queue", "cache", "worker", "job", "task", "cluster", "namespace", "pod", "host", "hostname", "endpoint", "route", "template", "templates", "provider_name", "handler", "controller", "module", "class", "method", "function", "api", "app", "application", "database", "db", "bucket", "stream", "exchange", "client_name", "backend", "frontend", "proxy", "gateway", "pipeline", "system", "engine", "index_name", "model", "field", "fields", "validator", "validation", "parser", "field_name", "key_name", "constraint", "lookup", "search", "check", "sync", "import", "export", "feed", "interface",
        "dashboard", "portal", "router", "matcher", "bff", "adapter", "connector", "listener", "notifier", "resolver", "indexer", "loader", "importer", "exporter", "reconciler", "syncer", "aggregator", "orchestrator", "hub", "bus", "daemon", "cron", "etl", "lambda", "registry", "repo", "repository", "microservice", "sidecar", "ingest", "ingester", "ingestion", "poller", "renderer", "dlq", "board"], "name"),
    **dict.fromkeys(["at", "timestamp", "ts", "updated", "created", "expires"], "time"),
}  # fmt: skip

_COUNTED_ONES: Final = frozenset(
    [
        "matched", "unmatched", "processed", "failed", "succeeded", "rejected", "accepted", "imported", "loaded", "skipped", "deleted", "inserted", "synced", "merged", "pending", "queued", "sent",
        "received", "read", "written", "scanned", "affected", "missing", "expected", "found", "dropped", "unresolved", "resolved", "remaining", "migrated", "retried", "ignored", "duplicated", "total",
    ]
)  # fmt: skip
"""What befalls many: `patientsUnmatched`, `claims_rejected`."""

_NAMERS: Final = frozenset(
    [
        "name",
        "key",
        "field",
        "label",
        "param",
        "parameter",
        "header",
        "attribute",
        "column",
        "k",
        "property",
        "variable",
        "var",
        "tag",
        "question",
        "code",
        "type",
        "id",
        "slug",
        "title",
        "heading",
        "path",
        "loc",
        "dimension",
        "measure",
        "metric",
        "system",
        "url",
        "q",
        "prompt",
    ]
)
_VALUERS: Final = frozenset(
    [
        "value",
        "val",
        "v",
        "content",
        "answer",
        "text",
        "values",
        "data",
        "current",
        "new",
        "old",
        "a",
        "received",
        "input",
        "rejected",
        "rejectedvalue",
        "actual",
        "stringvalue",
        "string_value",
        "valuestring",
    ]
)


_OWNED: Final = re.compile(r"(pt|pat|mbr|sub|guar|nok|ins|emp|cust|subscr|mem)([a-z]{3,20}[0-9]?)")
"""Whose a field is, written together with what it is."""
_BASES: Final = str.maketrans("ßøØłŁđĐıæœ", "soOlLdDiao")


def unaccented(word: str) -> str:
    """`prénom` as `prenom`; letters of other alphabets as they are."""
    if word.isascii():
        return word
    return "".join(
        plain if (plain := unicodedata.normalize("NFD", char)[0]).isascii() else char for char in word.translate(_BASES)
    )


def split(key: str) -> tuple[str, ...]:
    """The lower-case words of a key: camelCase, snake_case, kebab-case, dots, and `firstname` where it is known."""
    if len(key) < _ACRONYM and key.lower() in _WORDS:
        return (key.lower(),)  # `DoB`
    key = key if key.isascii() else unaccented(unicodedata.normalize("NFKC", key))
    words: list[str] = []
    for piece in _PIECE.findall(key):
        low = piece.lower()
        if low in _WORDS:
            if words and low.isdigit() and words[-1] + low in _WORDS:
                words[-1] += low  # `line1` is more than a line
            else:
                words.append(low)
        elif not low.isascii():
            words.extend(_known_inside(low) or (low,))
        elif low.isdigit():
            if words and len(low) < _ACRONYM and words[-1] + low in _WORDS:
                words[-1] += low
            else:
                words.append(low)
        elif (owned := _OWNED.fullmatch(low)) is not None and owned[2].rstrip("0123456789") in _PHI_KEYS:
            words.extend((owned[1], owned[2]))  # `PTDOB`
        elif len(low) >= _ACRONYM and LEXICON.flag(low) not in PLAIN:
            words.extend(_segment(low) or (low,))
        else:
            words.append(low)
    return tuple(words)


def _known_inside(word: str) -> tuple[str, ...]:
    """The words of our tables that stand in a key of a script without blanks, longest first: `患者姓名`."""
    found: list[str] = []
    at = 0
    while at < len(word) and len(word) <= 40:  # noqa: PLR2004 - no key word is that long
        for end in range(min(len(word), at + 12), at, -1):
            if word[at:end] in FOREIGN_WORDS:
                found.append(word[at:end])
                at = end
                break
        else:
            at += 1
    return tuple(found)


def _segment(word: str) -> tuple[str, ...] | None:
    """`patientname` as words of our tables, all of it or nothing."""
    size = len(word)
    if size > 40:  # noqa: PLR2004 - no key word is that long
        return None
    best: list[tuple[str, ...] | None] = [()] + [None] * size
    for start in range(size - 1):
        before = best[start]
        if before is None:
            continue
        for length in _LENGTHS.get(word[start : start + 2], ()):
            end = start + length
            if word[start:end] in _WORDS and end <= size:
                found = best[end]
                if found is None or len(before) + 1 < len(found):
                    best[end] = (*before, word[start:end])
    return best[size]


class _Table(dict[frozenset[str], str]):
    """What runs of words mean. `words`: all that occur in one, so that most keys are answered by one look."""

    __slots__ = ("alone", "words")

    def __init__(self, source: dict[str, str]) -> None:
        super().__init__(
            (frozenset(unaccented(spelling).split()), value)
            for value, spellings in source.items()
            for spelling in (part.strip().lower() for part in spellings.split(";"))
            if spelling
        )
        self.words = frozenset(word for words in self for word in words)
        self.alone = {word: value for words, value in self.items() if len(words) == 1 for word in words}


_PHI_BY: Final = _Table(_PHI)
_ROLE_BY: Final = _Table(_ROLES)
_SUBJECT_BY: Final = _Table(_SUBJECTS)
_PHI_KEYS: Final = frozenset(word for words in _PHI_BY if len(words) == 1 for word in words if len(word) > 2)  # noqa: PLR2004
_WORDS: Final = frozenset(word for table in (_PHI_BY, _ROLE_BY, _SUBJECT_BY) for words in table for word in words) | {
    word for table in _UNDER.values() for word in table
} | _TAILS.keys()  # fmt: skip
_LENGTHS: Final[dict[str, tuple[int, ...]]] = {
    first: tuple(sorted({len(word) for word in words} - {1, 2, *range(17, 100)}))
    for first, words in groupby(sorted(word for word in _WORDS if len(word) > 1), key=itemgetter(slice(2)))
}
"""How long the words are that begin with two letters: what a word can be that is written together with others."""
for _pair in ("id", "no", "ip"):
    _LENGTHS[_pair] = (2, *_LENGTHS[_pair])
KEY_WORDS: Final = frozenset(word for word in _WORDS if word.isascii() and LEXICON.flag(word) not in {"p", "d", "m"})
"""Words of field names: `mrn`, `dob`, `geburtsdatum` say what a value is and are nobody's value."""
FOREIGN_WORDS: Final = frozenset(word for word in _WORDS if not word.isascii())
"""Words of field names in other alphabets."""
_LONGEST: Final = 5


def _best(words: tuple[str, ...], table: _Table) -> tuple[str, int, int]:
    """The value of the longest run of words the table knows, its length, and where it ends; later runs win ties."""
    known = table.words
    if known.isdisjoint(words):
        return "", 0, 0
    count = len(words)
    runs = [0] * (count + 1)  # how many words from each on the table knows
    for start in range(count - 1, -1, -1):
        if words[start] in known:
            runs[start] = runs[start + 1] + 1
    for size in range(min(_LONGEST, max(runs)), 1, -1):
        for start in range(count - size, -1, -1):
            if runs[start] >= size:
                run = words[start : start + size]
                found = table.get(frozenset(run))
                if found is not None and len(set(run)) == size:
                    return found, size, start + size
    for start in range(count - 1, -1, -1):
        alone = table.alone.get(words[start])
        if alone is not None:
            return alone, 1, start + 1
    return "", 0, 0


_COUNTERS: Final = frozenset(
    [
        "n",
        "num",
        "nb",
        "number",
        "max",
        "min",
        "total",
        "avg",
        "mean",
        "is",
        "has",
        "sum",
        "count",
        "p50",
        "p90",
        "p95",
        "p99",
    ]
)
_COUNTED: Final = frozenset(
    [
        "docs",
        "rows",
        "bytes",
        "keys",
        "files",
        "requests",
        "messages",
        "events",
        "items",
        "records",
        "errors",
        "retries",
        "connections",
        "threads",
        "pages",
        "blocks",
        "queries",
        "calls",
        "packets",
        "tokens",
        "jobs",
        "tasks",
        "hits",
        "misses",
        "samples",
        "seconds",
        "millis",
        "ms",
        "nodes",
        "pods",
        "shards",
        "replicas",
        "partitions",
        "bufs",
        "buffers",
        "chunks",
        "ops",
        "examined",
        "sent",
        "read",
        "written",
        "received",
        "scanned",
        "returned",
        "evicted",
        "expired",
        "queued",
        "filtered",
        "rejected",
        "skipped",
        "dropped",
        "retried",
        "enqueued",
        "dequeued",
        "acked",
        "unacked",
    ]
)
_PARTS_OF_NAMES: Final = frozenset(
    {"first", "last", "given", "family", "middle", "maiden", "surname", "forename", "fullname"}
)
_OWNERS_OF_NAMES: Final = frozenset(
    [
        "legal",
        "pat",
        "pt",
        "mbr",
        "sub",
        "emp",
        "guar",
        "ins",
        "user",
        "cust",
        "client",
        "prov",
        "contact",
        "name",
        "nok",
        "guest",
        "holder",
    ]
)
_BARE: Final = frozenset({"id", "uid", "key", "ref", "no", "number", "rev", "alias"})
ABBREVIATED: Final = frozenset(
    [
        "pat", "pt", "mbr", "guar", "guarantor", "cust", "nok", "guest", "enc", "encntr", "encounter", "bene", "benef", "dep", "dependent",
        "resident", "claimant", "donor", "visit", "admit", "admission", "adm", "appt", "rx", "script", "specimen", "accession", "chart", "empi",
        "person", "prsn", "persn", "spouse", "child", "newborn", "infant", "mother", "caregiver", "enrollee", "subscr", "insured", "policyholder",
        "consent", "referral", "prescription", "episode", "tenantperson", "customer", "inmate", "student", "veteran", "passenger", "wearer",
    ]
)  # fmt: skip
_NUMBERED: Final = frozenset(
    {"id", "ids", "no", "nr", "nbr", "num", "number", "key", "ref", "uid", "uuid", "guid", "code", "identifier"}
)
_PARTS_OFMACHINES: Final = frozenset(
    [
        "receiver", "vendor", "robot", "gateway", "kiosk", "printer", "analyzer", "analyser", "pipeline", "workflow", "integration", "region", "zone", "environment", "env", "stage",
        "servicio", "servico", "servizio", "dienst", "tjeneste", "tjanst", "palvelu", "usluga", "hizmet", "sluzba", "serwis", "szolgaltatas", "layanan", "сервис", "сервіс", "служба", "服务", "サービス",
        "hote", "anfitrion", "servidor", "serveur", "serwer", "sunucu", "wezel", "knoten", "noeud", "uzel", "rechner", "cola", "fila", "warteschlange", "wachtrij", "kolejka", "kuyruk", "modulo", "modul", "komponente",
        "composant", "componente", "anwendung", "aplicacion", "aplicacao", "applicazione", "aplikacja", "uygulama", "instancia", "instanz", "proceso", "prozess", "tarea", "tache", "tarefa", "zadanie",
        "service", "app", "application", "queue", "topic", "host", "hostname", "pod", "container", "namespace", "deployment", "job", "logger",
        "module", "function", "method", "package", "class", "component", "worker", "consumer", "producer", "stream", "bucket", "index", "table",
        "relation", "db", "database", "schema", "cluster", "node", "server", "plugin", "driver", "program", "ident", "process", "exe", "binary",
        "image", "shard", "replica", "broker", "connector", "processor", "daemon", "unit", "mount", "mountpoint", "fstype", "disk",
    ]
)  # fmt: skip
"""What a thing of the machine room is called by: its name may be any lower-case word that is nobody's."""
MACHINES: Final = frozenset(
    [
        "alert", "monitor", "incident", "event", "rule", "check", "job", "build", "run", "request", "trace", "span", "message", "log",
        "group", "org", "organization", "project", "deployment", "deploy", "pipeline", "host", "instance", "cluster", "node", "dashboard",
        "panel", "query", "thread", "process", "task", "workflow", "problem", "trigger", "action", "watch", "search", "service", "app",
        "application", "team", "schedule", "rotation", "escalation", "integration", "webhook", "delivery", "queue", "topic", "consumer",
        "producer", "connection", "conn", "session", "shard", "replica", "volume", "snapshot", "image", "release", "version", "commit",
        "operation", "op", "execution", "invocation", "batch", "item", "issue", "ticket", "change", "page", "notification", "channel",
        "interface", "port", "policy", "condition", "violation", "correlation", "transaction", "segment", "error", "fault", "test", "suite",
        "scan", "finding", "vulnerability", "brand", "template", "campaign", "macro", "view", "playbook", "sprint", "epic", "dataset", "experiment", "environment", "metric", "theme", "locale", "lambda", "function", "stack", "resource", "subscription", "tenant", "workspace", "partition",
    ]
)  # fmt: skip
"""What has an id in the machine room: `alert_id`, `problem_id`."""
_TYPES_OF_THINGS: Final = frozenset(
    {"type", "entity", "metric", "product", "column", "category", "variable", "component"}
)
_OF_PAYMENTS: Final = frozenset({"amount", "amt", "fee", "currency"})
_UUID: Final = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
AGED: Final = frozenset(
    [
        "s", "ms", "sec", "secs", "seconds", "millis", "min", "mins", "minutes", "hours", "max", "avg", "mean", "oldest", "newest", "cache", "cached",
        "queue", "lag", "message", "snapshot", "backup", "cert", "certificate", "token", "entry", "data", "replica", "file", "index", "connection",
        "conn", "ttl", "pod", "node", "job", "lock", "session", "transaction", "xid", "checkpoint", "record", "event", "batch", "image", "build",
    ]
)  # fmt: skip
"""Words that make an age that of a thing."""
_OF_TYPES: Final = frozenset(
    {
        "type",
        "resource",
        "metric",
        "source",
        "condition",
        "channel",
        "queue",
        "topic",
        "category",
        "status",
        "product",
        "sku",
    }
)
"""What is shown by a name and is nobody."""
_CREDENTIAL: Final = (
    "auth", "sess", "sessid", "session", "token", "secret", "passwd", "password", "apikey", "cookie", "sid"
)  # fmt: skip
_NO_CREDENTIAL: Final = frozenset({"preauth", "priorauth", "unauth", "session", "reauth"})


def _judge(words: tuple[str, ...], subject: str) -> Verdict:  # noqa: C901 - one table of precedence, read top to bottom
    if not words:
        return NOTHING
    below = _best(words, _SUBJECT_BY)[0] if words[-1] not in _TAILS or len(words) == 1 else ""
    under = _UNDER.get(subject)
    if subject == "cookies":
        return Verdict("SECRET", "", "cookies")
    if subject == "device" and words[-1] == "model":
        return Verdict("", "maker", subject)
    role, role_size, role_end = _best(words, _ROLE_BY)
    kind, size, end = _best(words, _PHI_BY)
    if kind == "AGE" and not AGED.isdisjoint(words):
        return Verdict("", "number", below)  # `cache_age_s`
    if under is not None:
        bare = under.get(" ".join(words)) if len(words) <= 2 else None  # noqa: PLR2004
        if bare is None and words[-1] in {"id", "name", "number", "value", "uuid"} and size <= 1 and role_size <= 1:
            bare = under.get(words[-1])
        if bare is not None and size <= len(words):
            if kind and size == len(words) and kind != "USERNAME":
                return Verdict(kind, "", below or subject)
            return Verdict(bare, "" if bare else "enum", below or subject)
    inside = size == 1 and 0 < end - 1 < len(words) - 1 and len(words[end - 1]) < _SPELT_OUT
    if kind and (role_size > size or inside):
        kind = ""  # `ext4_dx_add_entry`
    if not kind and not role and len(words[-1]) > 4 and words[-1].endswith("s"):  # noqa: PLR2004 - a plural
        kind, size, end = _best((*words[:-1], words[-1][:-1]), _PHI_BY)
    if not kind and len(words) == 2 and words[-1] in _PARTS_OF_NAMES and words[0] in _OWNERS_OF_NAMES:  # noqa: PLR2004
        return Verdict("PERSON", "", below)
    if kind == "PERSON" and words[-2:] == ("display", "name") and not _OF_TYPES.isdisjoint(words[:-2]):
        return Verdict("", "name", below or subject)  # `source_type_display_name`
    if kind == "PERSON" and subject == "infra" and words in {("full", "name"), ("display", "name"), ("fullname",)}:
        return Verdict("", "name", "infra")
    if (
        kind == "PERSON"
        and words[-2:] == ("display", "name")
        and not (MACHINES | _TYPES_OF_THINGS).isdisjoint(words[-3:-2])
    ):
        return Verdict("", "name", "infra")
    if kind == "SECRET" and words[-1] in _OF_PAYMENTS:
        return Verdict("", "number", below)
    if kind and role_size == size and role_end > end and words[-1] in _TAILS:
        kind = ""
    if kind and end < len(words) and words[-1] in _TAILS:
        return Verdict("", _TAILS[words[-1]], below)
    if kind:
        return Verdict(kind, "", below or (subject if subject == "address" else ""))
    if subject == "infra" and words[-1] in {"id", "name", "key", "uid", "uuid", "slug", "number", "no"}:
        return Verdict("", "id" if words[-1] != "name" else "name", "infra")
    if len(words) == 2 and words[0] in ABBREVIATED and words[1] in _NUMBERED:  # noqa: PLR2004
        return Verdict("PATIENT_ID", "", below)
    if role == "id" and role_size == 1 and len(words) > 1 and words[-1] == "id":
        machine = not MACHINES.isdisjoint(words[:-1]) or _best(words[:-1], _SUBJECT_BY)[0] == "infra"
        return Verdict("", "id" if machine else "opaque", below or subject)
    if role == "id" and len(words) == 1 and words[0] in _BARE and (below or subject) != "infra":
        role = "bare"
    if role and (role_end == len(words) or role_size > 1):
        if role == "name" and words[-1] == "version":
            role = "version"
        elif role == "name" and not _PARTS_OFMACHINES.isdisjoint(words):
            role = "machine"
        return Verdict("", "" if role == "free" else role, below or subject)
    if words[-1] in _TAILS:
        return Verdict("", _TAILS[words[-1]], below or subject)
    if (len(words) > 1 and words[0] in _COUNTERS) or (not role and not _COUNTED.isdisjoint(words)):
        return Verdict("", "number", below or subject)
    if words[-1].endswith(_CREDENTIAL) and words[-1] not in _NO_CREDENTIAL:
        return Verdict("SECRET")
    if words[-1] == "name" and len(words) > 1:
        return Verdict("", "name", below or subject)
    if role == "number" and len(words) > 1 and words[0] == "x" and words[-1] in _BARE:
        role = ""  # a header of one's own, `X-Letter-Ref`, and no place on an axis
    return Verdict("", "" if role == "free" else role, below or subject)


def counts(words: tuple[str, ...]) -> bool:
    """Do the words of a key count those whom something befell: `patientsUnmatched`. Its value is then a small number."""
    return len(words) > 1 and words[-1] in _COUNTED_ONES and words[-2].endswith("s")


_OF_CLUSTER: Final = re.compile(
    r"[a-z]{2,}(?:-[a-z]{2,}){0,4}-[a-z]{0,4}[0-9]{1,3}|(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16}"
)
"""How the members of a cluster are called: `mpi-db-2`, `node-3`, etcd's `8e9e05c52164694d`."""


def of_cluster(name: str) -> bool:
    """Is a name that of a member of a cluster: ordinary words and a small number, or etcd's sixteen hex digits."""
    return _OF_CLUSTER.fullmatch(name) is not None and all(
        len(part) <= _SPELT_OUT or LEXICON.flag(part) == "w" for part in re.findall("[a-z]+", name) if "-" in name
    )


_SHORT_FORMS: Final = {
    "no": "number", "nr": "number", "nm": "name", "nme": "name", "nbr": "number", "nmbr": "number", "num": "number", "dt": "date", "dte": "date", "dttm": "date", "addr": "address",
    "adr": "address", "cd": "code", "tel": "phone", "ph": "phone", "phn": "phone", "fst": "first", "frst": "first", "fname": "first", "lst": "last",
    "sur": "last", "fam": "family", "gvn": "given", "giv": "given", "mid": "middle", "bth": "birth", "brth": "birth", "bir": "birth", "prov": "provider",
    "prvdr": "provider", "mbr": "member", "memb": "member", "sbr": "subscriber", "subscr": "subscriber", "sbscr": "subscriber", "ptnt": "patient",
    "pat": "patient", "pt": "patient", "zp": "zip", "cty": "city", "strt": "street", "acc": "account", "plcy": "policy", "clm": "claim",
    "med": "medication", "diag": "diagnosis", "gndr": "gender", "srvc": "service", "svc": "service", "emp": "employee", "ident": "identifier",
}  # fmt: skip
"""How teams with short columns write the words of a key."""
_TELLING: Final = _WORDS | _COUNTERS | _COUNTED | _NUMBERED | _BARE | _SHORT_FORMS.keys() | {"slug", "value"}
_ENDINGS: Final = ("s", *_CREDENTIAL)
"""What a rule asks of the words of a key: one with none of these words, and none that ends so, says nothing."""
_REMEMBERED: Final = 8_192
_known: dict[tuple[str, str], Verdict] = {}


_ACRONYM: Final = 6
_SPELT_OUT: Final = 3  # letters of a word that says what a key holds also from the middle of it
_SHORT_NUMBER: Final = 2  # digits that number a field and identify nobody


def judge(key: str, subject: str = "") -> Verdict:
    """What `key` says of its value, below a `subject`. Any text; never fails. Keys made of known words are remembered."""
    found = _known.get((key, subject))
    if found is not None:
        return found
    if len(key) > 80 or ("<" in key and TOKEN.search(key)) or "@" in key[1:] or _UUID.fullmatch(key):  # noqa: PLR2004 - no key name is that long; it is data
        return Verdict("", "", subject)
    place = field_kind(key)
    if place is not None:
        return Verdict(place, "" if place else "enum")
    words = split(key)
    if words and _TELLING.isdisjoint(words) and subject != "cookies" and not words[-1].endswith(_ENDINGS):
        verdict = Verdict("", "", subject)
    else:
        verdict = _judge(words, subject)
    foreign = verdict.role == "name" and len(words) > 1 and LEXICON.flag(words[0]) not in PLAIN
    if (
        not verdict.kind
        and (not verdict.role or foreign)
        and len(words) > 1
        and (joined := _PHI_BY_ONE.get("".join(words), ""))
    ):
        verdict = Verdict(joined, "", verdict.subject)  # `geburtsDatum`, `fecha_nac`, `nach_name`
    if verdict.kind and "-" in key and of_thing(key):
        verdict = Verdict("", "", subject)
    if not verdict.kind and len(words) > 1 and not _SHORT_FORMS.keys().isdisjoint(words):
        spelt = _judge(tuple(_SHORT_FORMS.get(word, word) for word in words), subject)
        if (spelt.kind and verdict.role not in {"number", "time", "enum"}) or not verdict.role:
            verdict = spelt
    if len(_known) < _REMEMBERED and all(
        word in _WORDS or LEXICON.flag(word) in PLAIN or (word.isdigit() and len(word) <= _SHORT_NUMBER)
        for word in words
    ):
        _known[key, subject] = verdict
    return verdict


def kind_of_words(words: tuple[str, ...]) -> str:
    """The kind a phrase of text names as a key would (`medical record`), or ''."""
    if len(words) == 1:
        return _PHI_BY_ONE.get(words[0], "")
    return _PHI_BY.get(frozenset(words)) or ""


PHI_WORDS: Final = frozenset(word for words in _PHI_BY for word in words) | {"of", "the"}
"""Words that can end a phrase that names PHI; no other word can."""
_PHI_BY_ONE: Final = _PHI_BY.alone


def is_namer(key: str) -> bool:
    """Can the value of this key be the name of a sibling's value."""
    return key.lower().strip("_$@") in _NAMERS


def is_valuer(key: str) -> bool:
    """Can this key hold the value that a sibling names."""
    return key.lower().strip("_$@") in _VALUERS
